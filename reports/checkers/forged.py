"""Forged accepted: a forged delivery that was acknowledged, or had an effect.

Only a 4xx refuses one. A 5xx or no answer proves nothing, because a genuine delivery would have failed in the same way.
During a fault that is expected, and the other forgeries decide.

Two kinds carry a valid signature and may be acknowledged: one for another shop, and the replay of what was sent before.
They are judged by effect alone. The effect of a forgery is seen where its claim appears: the reference of an order that
nobody placed, in the master; a quantity that was never there, in a listing. A replay claims nothing new, so
`applied_twice`, `stale_overwrite` and `drift` show what it did.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.history.deliveries import INVENTORY_TOPIC, Delivery
from stockstorm.reports.history.faults import excused
from stockstorm.reports.result import Check, Incident, Tally, counted, unknown, verb
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ForgeryKind, PoisonKind
from stockstorm.simulator.delivery.forgery import JUDGED_BY_EFFECT, KINDS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import PRIVACY_TOPICS
from stockstorm.simulator.shop.subscriptions import is_bus

ONLY_BUSES: Final = "all of the subject's subscriptions are to an event bus, which accepts nothing from strangers"
REFUSABLE: Final = frozenset(KINDS) - JUDGED_BY_EFFECT
EFFECTS = frozenset({"applied", "superseded", "pending"})
REVIEW_STATUS: Final = 401
EMPTIED: Final = "null_level"
EMPTIED_MIN: Final = 20  # units that a SKU always had, of which a listing of 0 is no state
EMPTIED_WITHIN_NS: Final = 10 * SECOND_NS
HELD_BACK_MAX: Final = 5_000  # units below a claimed quantity that a subject may list for it
LABELS: Final[dict[ForgeryKind | PoisonKind, str]] = {
    "tampered": "tampered",
    "unsigned": "unsigned",
    "wrong_key": "signed with a wrong key",
    "empty_signature": "with an empty signature",
    "truncated": "with half a signature",
    "prefix": "with a signature of which only the first half is right",
    "hex_digest": "signed in hexadecimal",
    "reserialised": "with a body in another spelling than the signed one",
    "other_shop": "for another shop",
    "replayed": "replayed under a new webhook id",
    "stale_key": "signed with a key that was replaced before the run",
    "empty_key": "signed with an empty key",
    "other_case": "with the right signature in the other case",
}


class Forged(Checker):
    name = "forged"
    level = "acknowledgement"
    severity = "correctness"
    measures = (
        Measure(
            "forged.accepted",
            "forged deliveries accepted",
            "count",
            "forged deliveries that were acknowledged or had an effect",
            headline=True,
        ),
        Measure(
            "forged.sent",
            "forged deliveries sent",
            "count",
            "forged deliveries sent to the subject",
            more_is_worse=None,
        ),
        Measure(
            "forged.unanswered",
            "forged deliveries unanswered",
            "count",
            "forged deliveries that failed or got no answer, so that nothing is known of them",
        ),
    )
    when_polling = ("forged.accepted", "forged.sent")

    def exposure(self, history: History) -> dict[str, int]:
        """By kind, then by topic and source. What a subject refuses whoever sent it is left out: it tests nothing."""
        refused = _refused_anyway(history)
        sent = [one.planned for one in _forged(history) if _about(one.planned) not in refused]
        kinds = Counter(planned.forged for planned in sent)
        by_kind = {label: kinds[kind] for kind, label in LABELS.items() if kinds[kind]}
        by_topic = Counter(_about(planned) for planned in sent)
        return {**by_kind, **by_topic} or {"forged deliveries": 0}

    def __call__(self, history: History) -> Check:
        if not history.count(f.DeliveryPlanned):
            return unknown(self.name, "no delivery was planned")
        forged, tally = _forged(history), Tally()
        seen = _Effects(history, forged)
        if not forged and _only_buses(history):
            measures = {"forged.sent": 0.0, "forged.accepted": 0.0, "forged.unanswered": 0.0}
            return Check(self.name, "not_exercised", ONLY_BUSES, measures)
        refusable = [one for one in forged if one.planned.forged not in JUDGED_BY_EFFECT]
        unanswered = []
        for delivery in forged:
            acknowledged = delivery.outcome == "acknowledged" and delivery.planned.forged not in JUDGED_BY_EFFECT
            found = ["it was acknowledged"] * acknowledged + seen.of(delivery)
            if found:
                tally.add(_incident(history, delivery, found))
            elif delivery.outcome not in ("refused", "acknowledged"):
                unanswered.append(delivery)
        unanswered = [one for one in unanswered if one.planned.forged not in JUDGED_BY_EFFECT]
        measures = {
            "forged.sent": float(len(forged)),
            "forged.accepted": float(tally.total),
            "forged.unanswered": float(len(unanswered)),
        }
        anyway = _refused_anyway(history)
        notes = (*_not_401(refusable), *_untested(anyway))
        if tally.total:
            reason = f"{tally.total} of {len(forged)} forged {verb(tally.total, 'were')} accepted{_where(tally)}"
            return tally.check(self.name, "invalid", reason, measures, notes)
        during_fault = sum(_excused(history, one) for one in unanswered)
        refused = len(refusable) - len(unanswered)
        if len(unanswered) > during_fault or (refusable and not refused):
            told = f"{refused} of {len(refusable)} forged {verb(refused, 'were')} refused"
            return unknown(self.name, f"{told}, {len(unanswered)} failed or got no answer", measures)
        reason = _refused_text(refused, bool(refusable), during_fault, len(forged) - len(refusable))
        if refusable and all(_about(one.planned) in anyway for one in refusable):
            reason += "; so was every genuine delivery of their topics, which tests no signature"
            return tally.check(self.name, "not_exercised", reason, measures, notes)
        return tally.check(self.name, "valid", reason, measures, notes)


def _refused_text(refused: int, any_sent: bool, during_fault: int, genuine: int) -> str:
    """What was refused, in words. `genuine`: forged ones with a valid signature."""
    reason = f"all of {refused} forged {verb(refused, 'were')} refused" if any_sent else "no forged delivery was sent"
    if during_fault:
        reason += f", apart from {during_fault} sent during a fault"
    if genuine:
        reason += f"; {genuine} with a valid signature {verb(genuine, 'are')} judged by effect"
    return reason


def _not_401(refusable: Sequence[Delivery]) -> tuple[str, ...]:
    """A note on forgeries of topics for privacy that were refused otherwise than Shopify's review asks for.

    It judges nothing: a service that handles no such topic may refuse it for that.
    """
    statuses = Counter(
        attempt.status
        for one in refusable
        if one.planned.topic in PRIVACY_TOPICS and one.outcome == "refused"
        for attempt in one.attempts[-1:]
    )
    others = {status: count for status, count in sorted(statuses.items()) if status != REVIEW_STATUS}
    if not others:
        return ()
    told = ", ".join(f"{count} with {status}" for status, count in others.items())
    sent = counted(statuses.total(), "forged webhook")
    return (f"{sent} for privacy refused, {told}; Shopify's review of an app asks for {REVIEW_STATUS}",)


def _refused_anyway(history: History) -> dict[str, int]:
    """The topics, by source, of which every genuine delivery was refused: each with the status of its first answer."""
    tried: dict[str, set[int]] = {}
    for one in history.deliveries.by_id.values():
        if one.attempts and not one.planned.forged:
            tried.setdefault(_about(one.planned), set()).update(attempt.status for attempt in one.attempts)
    return {topic: min(found) for topic, found in tried.items() if all(400 <= status < 500 for status in found)}


def _untested(anyway: dict[str, int]) -> tuple[str, ...]:
    """A note on topics of which no delivery was taken, so that a refused forgery proves nothing. Empty without them."""
    if not anyway:
        return ()
    topics = ", ".join(f"{topic.removeprefix('of ')} ({status})" for topic, status in sorted(anyway.items()))
    return (f"not exercised, because every genuine delivery was refused as well: {topics}",)


def _only_buses(history: History) -> bool:
    subscriptions = history.all(f.SubscriptionCreated)
    return bool(subscriptions) and all(is_bus(each.uri) for each in subscriptions)


def _excused(history: History, delivery: Delivery) -> bool:
    """Whether a fault explains that there was no answer."""
    faults = history.fault_intervals
    return bool(delivery.attempts) and all(excused(attempt, faults) for attempt in delivery.attempts)


class _Effects:
    """Where the claims of forgeries appear: looked up once."""

    def __init__(self, history: History, made_up: Sequence[Delivery]) -> None:
        self._probed = {row.webhook_id for row in history.probed_strangers if row.state in EFFECTS}
        self._applied = {row.webhook_id for row in history.probed_strangers if row.state == "applied"}
        emptied = {one.planned.delivery for one in made_up if one.planned.forged == EMPTIED}
        told = [one.planned for one in made_up if one.planned.claim and one.planned.delivery not in emptied]
        claims = [(planned.topic, planned.claim) for planned in told]
        self._emptied = {one.planned.delivery: sets_to_none(history, one) for one in made_up} if emptied else {}
        self._recorded = _recorded(history, [claim for topic, claim in claims if topic != INVENTORY_TOPIC])
        self._listed = _listed(history, [int(claim) for topic, claim in claims if topic == INVENTORY_TOPIC])

    def of(self, delivery: Delivery) -> list[str]:
        """What shows that this forgery had an effect, each as a clause."""
        planned = delivery.planned
        found = []
        if planned.webhook_id in self._probed and planned.forged in REFUSABLE:
            found.append("the subject reports that it processed it")
        if planned.webhook_id in self._applied and planned.forged == "other_shop":
            found.append("the subject reports that it applied it to this shop")
        found += [f"{push.channel} was set to 0 of {push.sku}" for push in self._emptied.get(planned.delivery, ())]
        if planned.claim in self._recorded:
            found.append(f"the master names its order {planned.claim}")
        if planned.claim in self._listed:
            found.append(f"a listing shows its quantity, {planned.claim}")
        return found


def sets_to_none(history: History, delivery: Delivery) -> list[f.ListingPushed]:
    """The first push to each marketplace that takes a level without a quantity for 0, soon after its delivery.

    Only of a SKU that has one location, and that always had far more units than orders can take meanwhile. A subject
    that lists less on purpose may list nothing while it is in doubt.
    """
    planned = delivery.planned
    ledger = history.ledgers.get(planned.claim)
    if planned.forged != EMPTIED or not delivery.attempts or ledger is None or ledger.parts or history.lists_less:
        return []
    if min(ledger.available) - ledger.safety < EMPTIED_MIN:
        return []
    begin_ns = delivery.attempts[0].started_ns
    found: dict[str, f.ListingPushed] = {}
    for (channel, sku), listing in history.listings.items():
        for push in listing.pushes if sku == planned.claim else ():
            if push.quantity == 0 and begin_ns <= push.at_ns <= begin_ns + EMPTIED_WITHIN_NS:
                found.setdefault(channel, push)
    return list(found.values())


def effects_of(history: History, made_up: Sequence[Delivery]) -> Iterator[tuple[Delivery, list[str]]]:
    """Deliveries of what never happened whose claim appears, each with where it does."""
    seen = _Effects(history, made_up)
    for delivery in made_up:
        if shown := seen.of(delivery):
            yield delivery, shown


def _recorded(history: History, references: list[str]) -> set[str]:
    """The invented orders that a write of the subject names."""
    if not references:
        return set()
    named = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, references))})(?![\w-])")
    writes: Iterable[f.StockChanged | f.StockUnmoved] = [*history.all(f.StockChanged), *history.all(f.StockUnmoved)]
    return {found for write in writes if write.reference for found in named.findall(write.reference)}


def _listed(history: History, quantities: list[int]) -> set[str]:
    """The claimed quantities that a push listed, or somewhat less. No stock of a run is ever near them."""
    if not quantities:
        return set()
    lowest = min(quantities) - HELD_BACK_MAX
    high = {push.quantity for push in history.all(f.ListingPushed) if push.quantity >= lowest}
    return {str(claimed) for claimed in quantities for shown in high if 0 <= claimed - shown <= HELD_BACK_MAX}


def _forged(history: History) -> list[Delivery]:
    return history.deliveries.forged


def _about(planned: f.DeliveryPlanned) -> str:
    """ "of orders/create", or "of order.created from bazaar". Older histories do not tell the source."""
    return f"of {planned.topic}" + (f" from {planned.source}" if planned.source not in ("", "shopify") else "")


def _incident(history: History, delivery: Delivery, found: list[str]) -> Incident:
    planned = delivery.planned
    at_ns = delivery.ended_ns or planned.at_ns
    label = LABELS[planned.forged] if planned.forged else ""
    text = (
        f"A forged delivery, {label}, {_about(planned)}, webhook id {planned.webhook_id}: {' and '.join(found)}, "
        f"at {history.offset(at_ns)}"
    )
    details = {
        "forgery": planned.forged,
        "topic": planned.topic,
        "source": planned.source,
        "webhook_id": planned.webhook_id,
        "claim": planned.claim,
    }
    channel = planned.source if planned.source != "shopify" else ""
    return Incident("forged_accepted", at_ns, text, channel, details=details, deliveries=(planned.delivery,))


def _where(tally: Tally) -> str:
    """The kinds and topics of what was accepted, if they are few enough to tell something."""
    kinds = sorted({incident.details["forgery"] for incident in tally.kept})
    topics = sorted({incident.details["topic"] for incident in tally.kept})
    parts = []
    if len(kinds) <= 3:
        parts.append(f"only {', '.join(kinds)}" if len(kinds) == 1 else ", ".join(kinds))
    if len(topics) <= 3:
        parts.append(f"of {', '.join(topics)}")
    return f": {' '.join(parts)}" if parts else ""
