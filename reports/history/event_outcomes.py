"""What became of every event: how it was delivered, and what effect it had as far as it shows from outside.

A subject with an effects probe is believed about what it took in, unless the master proves otherwise. An event that the
probe does not know, but that the master shows, was *healed* by reconciliation. Without a probe, inventory events are
judged by pushes that show their version, and marketplace orders by the references in the ledger. No other effect is
visible, so none is claimed.

What the subject itself calls pending is *stuck* if the subject stands still (`Rest.stood_still_ns`) and the effect is
seen to be missing.
"""

from collections.abc import Container, Iterable, Mapping
from typing import Final, Literal

import msgspec

from stockstorm.reports.history.channel_orders import ChannelOrders
from stockstorm.reports.history.deliveries import INVENTORY_TOPIC, Deliveries, Delivery
from stockstorm.reports.history.ledgers import Ledger
from stockstorm.reports.history.listings import Listing
from stockstorm.reports.history.log import FactLog
from stockstorm.reports.history.order_effects import Effect
from stockstorm.reports.history.reads import is_query
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import APP_TOPICS, CALL_TOPICS, SHOPIFY

DeliveryClass = Literal[
    "acknowledged", "unacknowledged", "refused", "pending", "never_sent", "no_subscription", "withheld", ""
]
EffectClass = Literal[
    "once", "twice", "none", "superseded", "dead_lettered", "void", "healed", "pending", "stuck", "not_judged"
]
ORDER_KINDS: Final = {"order.created": "sale", "order.cancelled": "cancelled", "order.returned": "returned"}
LATER: Final = frozenset(ORDER_KINDS) - {"order.created"}
_OUTCOMES: Final[dict[str, DeliveryClass]] = {
    "given_up": "unacknowledged",
    "subscription_removed": "unacknowledged",
    "refused": "refused",
    "never_sent": "never_sent",
}
_NOT_APPLIED: Final[tuple[EffectClass, ...]] = ("none", "dead_lettered")
_NOT_DELIVERED: Final[tuple[DeliveryClass, ...]] = (
    "unacknowledged",
    "refused",
    "never_sent",
    "no_subscription",
    "withheld",
)
_UNAPPLIED: Final[tuple[EffectClass, ...]] = ("superseded", "dead_lettered", "pending")


class Proofs(msgspec.Struct, frozen=True):
    """What is known of order events besides the versions that include them."""

    doubled: Container[tuple[int, str]]  # (order, kind) applied more than once
    off_skus: Container[str]  # whose record is off, of a subject that names no orders
    untold_orders: frozenset[int] = frozenset()  # of whose sale nothing told the subject


class Classified(msgspec.Struct, gc=False):
    """One event on both axes. `delivery` is empty when the history does not say."""

    event: f.EventFired
    delivery: DeliveryClass
    effect: EffectClass


class Reported(msgspec.Struct, frozen=True):
    """What the deliveries and the effects probe say of every event, in the order of the events."""

    delivery: list[DeliveryClass]
    claimed: list[EffectClass | None] | None  # None: the subject has no such probe, or does not know the event
    strays: int = 0  # events that deliveries name and that were never fired


def report_events(log: FactLog, deliveries: Deliveries) -> Reported:
    """The same for every event of the log."""
    by_event, probed = deliveries.by_event, _probed_by_webhook_id(log)
    untold = _untold(log, deliveries)
    classes: list[DeliveryClass] = []
    claimed: list[EffectClass | None] = []
    for event in log.all(f.EventFired):
        of_event = by_event.get(event.event, [])
        if len(of_event) == 1 and of_event[0].outcome == "acknowledged":  # as nearly every event
            classes.append("acknowledged")
            if probed is not None:
                row = probed.get(of_event[0].planned.webhook_id)
                claimed.append(None if row is None else _effect_of_rows([row]))
            continue
        classes.append(_delivery_class(event, of_event, untold))
        if probed is not None:
            rows = [row for each in of_event if (row := probed.get(each.planned.webhook_id)) is not None]
            claimed.append(_effect_of_rows(rows) if rows else None)
    return Reported(classes, claimed if probed is not None else None, len(by_event.keys() - deliveries.events.keys()))


def classify_events(
    log: FactLog,
    orders: ChannelOrders,
    proofs: Proofs,
    ledgers: Mapping[str, Ledger],
    listings: Mapping[tuple[str, str], Listing],
    reported: Reported,
) -> list[Classified]:
    """Every fired event in order, with its two classes."""
    classifier = _Classifier(log, orders, proofs, ledgers, listings)
    events = log.numbered(f.EventFired)
    if reported.claimed is None:
        found = [
            Classified(event, delivery, classifier.seen(seq, event))
            for (seq, event), delivery in zip(events, reported.delivery, strict=True)
        ]
    else:
        found = [
            Classified(event, delivery, classifier.probed(seq, event, claimed))
            for (seq, event), delivery, claimed in zip(events, reported.delivery, reported.claimed, strict=True)
        ]
    for entry in found if proofs.untold_orders else ():
        # A subject that does not know the order may keep what came of it until it does.
        later = entry.event.order in proofs.untold_orders and entry.event.topic in LATER
        if later and entry.effect in {"none", "stuck"}:
            entry.effect = "not_judged"
    return found


def _untold(log: FactLog, deliveries: Deliveries) -> dict[int, DeliveryClass]:
    """By event that went to nobody: nobody was subscribed, or what the subject asked for kept it back."""
    withheld: dict[int, DeliveryClass] = {fact.event: "withheld" for fact in log.all(f.DeliveryWithheld)}
    return withheld | dict.fromkeys(deliveries.unheard, "no_subscription")


def _delivery_class(
    event: f.EventFired, of_event: list[Delivery], untold: Mapping[int, DeliveryClass]
) -> DeliveryClass:
    outcomes = {delivery.outcome for delivery in of_event}
    if "acknowledged" in outcomes:
        return "acknowledged"
    if "pending" in outcomes:
        return "pending"
    for outcome in outcomes:
        if outcome in _OUTCOMES:
            return _OUTCOMES[outcome]
    return "" if of_event else untold.get(event.event, "")


class _Classifier:
    """The evidence for effects, looked up once and used for every event."""

    def __init__(
        self,
        log: FactLog,
        orders: ChannelOrders,
        proofs: Proofs,
        ledgers: Mapping[str, Ledger],
        listings: Mapping[tuple[str, str], Listing],
    ) -> None:
        self._orders, self._proofs, self._ledgers, self._listings = orders, proofs, ledgers, listings
        self._marketplaces, self._facts, self._resting = log.marketplaces, len(log.facts), not log.unrest
        self._stuck, self._less = bool(log.rest.stood_still_ns), log.lists_less
        self._read = _newest_versions_read(log, ledgers)
        self._pushes = bool(log.all(f.ListingPushed))
        self._off_shelf = {final.sku for final in log.all(f.FinalStock) if final.available != final.physical}

    def probed(self, seq: int, event: f.EventFired, claimed: EffectClass | None) -> EffectClass:
        """What an event did, by what the subject's probe says of it."""
        if event.topic in APP_TOPICS:
            return "not_judged"  # its effect is within the subject
        if claimed is None:
            return self._unknown_to_probe(event)
        return self._waiting(seq, event) if claimed == "pending" else self._outranked(event, claimed)

    def seen(self, seq: int, event: f.EventFired) -> EffectClass:
        """What an event did, as the APIs show it, without the subject's word."""
        if event.topic == INVENTORY_TOPIC:
            return self._by_pushes(seq, event)
        if self._is_channel_order(event):
            return self._by_references(event)
        return "not_judged"

    def _is_channel_order(self, event: f.EventFired) -> bool:
        return event.topic in ORDER_KINDS and event.source in self._marketplaces

    def _missing(self) -> EffectClass:
        """No effect is to be seen. At rest there was none; before that it may still come, if anything happens."""
        if self._resting:
            return "none"
        return "stuck" if self._stuck else "not_judged"

    def _waiting(self, seq: int, event: f.EventFired) -> EffectClass:
        """What the subject calls pending. It is stuck if nothing happens any more and its effect is missing."""
        if not self._stuck:
            return "pending"
        seen = self.seen(seq, event)
        if seen == "not_judged" and self._is_channel_order(event):  # the subject names no orders
            effects = self._effects(event)
            seen = "stuck" if any(effect.sku in self._off_shelf for effect in effects) else seen
        return "stuck" if seen == "stuck" else "pending"

    def _outranked(self, event: f.EventFired, claimed: EffectClass) -> EffectClass:
        """What the subject claims of an event, unless the master proves otherwise.

        That the master lacks the order is proven by its references, and by a level that differs from the shelf at rest.
        """
        if claimed != "once" or not self._is_channel_order(event):
            return claimed
        effects = self._effects(event)
        seen = self._by_references(event)
        if not self._orders.writes and not all(effect.settled for effect in effects):
            seen = self._missing()
        if seen == "none":
            return "none" if any(effect.sku in self._off_shelf for effect in effects) else claimed
        return "twice" if seen == "twice" else claimed

    def _unknown_to_probe(self, event: f.EventFired) -> EffectClass:
        """The probe knows no delivery of the event. The master may show its effect all the same."""
        if answers_a_call(event):
            return "not_judged"
        if event.topic == INVENTORY_TOPIC:
            ledger = self._ledgers.get(event.sku)
            place = -1 if ledger is None else ledger.place(event.version)
            return "healed" if self._read.get((event.sku, place), -1) >= event.version else self._missing()
        if self._is_channel_order(event):
            effects = self._effects(event)
            if effects and all(map(self._made_good, effects)):
                return "healed"
        return self._missing()

    def _by_pushes(self, seq: int, event: f.EventFired) -> EffectClass:
        ledger = self._ledgers.get(event.sku)
        if not self._pushes or ledger is None or not 0 <= event.version < len(ledger.first_state):
            return "not_judged"
        state = ledger.first_state[event.version]
        since = min(seq, ledger.seqs[state])
        listings = [self._listings[channel, event.sku] for channel in self._marketplaces]
        shown = [
            listing.matched[push]
            for listing in listings
            if (push := listing.first_showing(state, since)) < len(listing.pushes)
        ]
        if shown:
            return "once" if min(shown) == state else "superseded"
        last = len(ledger.seqs) - 1
        floor, ceiling = -1 if self._less else ledger.floor(last, self._facts), ledger.ceiling(last)
        if all(floor <= listing.listed[-1] <= ceiling for listing in listings):
            return "void"  # Every listing is right already, so there was nothing to push.
        return self._missing()

    def _by_references(self, event: f.EventFired) -> EffectClass:
        orders = self._orders
        if orders.net_only or not orders.writes:
            return "not_judged"
        effects = self._effects(event)
        if not effects:
            return "void"  # A return that is not restocked changes no stock.
        unwritten = [effect for effect in effects if effect.version < 0]
        if unwritten:
            return "void" if all(effect.settled for effect in unwritten) else self._missing()
        doubled = (event.order, ORDER_KINDS[event.topic]) in self._proofs.doubled
        return "twice" if doubled else "once"

    def _effects(self, event: f.EventFired) -> list[Effect]:
        """What the event should make. Each part of an order that comes back in several has an event of its own."""
        effects = self._orders.of_order(event.order, ORDER_KINDS[event.topic])
        of_part = [effect for effect in effects if effect.at_ns == event.at_ns]
        return of_part or effects

    def _made_good(self, effect: Effect) -> bool:
        """Whether the master includes the effect. Without references: whether its SKU is right in sum."""
        return effect.sku not in self._proofs.off_skus if self._orders.net_only else effect.version >= 0


def answers_a_call(event: f.EventFired) -> bool:
    """Whether the event only tells the subject what it did itself, so that it may take no notice of it."""
    return event.topic in CALL_TOPICS or (event.source == SHOPIFY and event.order < 0 and not event.sku)


def _probed_by_webhook_id(log: FactLog) -> dict[str, f.EffectProbed] | None:
    """What the effects probe said, by webhook id; None for a subject without such a probe."""
    if not any(ended.probe == "effects" and ended.ok for ended in log.all(f.ProbeEnded)):
        return None
    return {row.webhook_id: row for row in log.all(f.EffectProbed)}


def _newest_versions_read(log: FactLog, ledgers: Mapping[str, Ledger]) -> dict[tuple[str, int], int]:
    """By SKU and location (-1: its only one), the newest version that a query showed.

    The answer of a mutation is not a query.
    """
    queries = {call.request for call in log.all(f.ApiCalled) if is_query(call.operation)}
    read: dict[tuple[str, int], int] = {}
    for shown in log.all(f.StockShown):
        if shown.request in queries:
            for sku, version in zip(shown.skus, shown.versions, strict=True):
                ledger = ledgers.get(sku)
                key = (sku, -1 if ledger is None else ledger.place(version))
                read[key] = max(read.get(key, -1), version)
    return read


def _effect_of_rows(rows: list[f.EffectProbed]) -> EffectClass:
    if len(rows) == 1 and rows[0].state == "applied":
        return "twice" if rows[0].times > 1 else "once"  # as nearly every event
    states = {row.state for row in rows}
    if "applied" in states:
        return "twice" if max(row.times for row in rows) > 1 else "once"
    for state in _UNAPPLIED:
        if state in states:
            return state
    return "not_judged"


def not_taken_in(classified: Iterable[Classified], marketplaces: Container[str]) -> frozenset[tuple[int, str]]:
    """(order, kind) of marketplace events that never reached the subject, or that it does not know or has set aside."""
    return frozenset(
        (entry.event.order, ORDER_KINDS[entry.event.topic])
        for entry in classified
        if entry.event.topic in ORDER_KINDS
        and entry.event.source in marketplaces
        and (entry.effect in _NOT_APPLIED or (entry.delivery in _NOT_DELIVERED and entry.effect == "not_judged"))
    )
