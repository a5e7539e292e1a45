"""Nothing lost: no event that the subject acknowledged was without effect.

The ledger outranks the probe: an order that the subject reports as applied and that the master lacks is an incident of
a kind of its own, "claimed". So is one that is *stuck*: the subject reports it as pending, and stands still.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final, Literal

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.history.deliveries import INVENTORY_TOPIC
from stockstorm.reports.history.event_outcomes import ORDER_KINDS, Classified
from stockstorm.reports.result import Check, Incident, Tally, counted, unknown
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

IncidentKind = Literal["lost", "claimed", "stuck"]
PAUSES: Final = (
    "A service that may do nothing for longer although it has work (a batch, or a broker that gives out again what a "
    "killed process had taken) says so: pauses_s in its subject file"
)


class NothingLost(Checker):
    name = "nothing_lost"
    severity = "correctness"
    measures = (
        Measure("lost.events", "events lost", "count", "events acknowledged that had no effect", headline=True),
        Measure(
            "lost.stuck",
            "events stuck",
            "count",
            "those of the lost events that the subject reports as pending, although it does nothing any more",
        ),
        Measure(
            "lost.judged",
            "acknowledged events judged",
            "count",
            "acknowledged events whose effect can be observed",
            more_is_worse=None,
        ),
        Measure(
            "lost.acknowledged",
            "events acknowledged",
            "count",
            "events that the subject acknowledged",
            more_is_worse=None,
        ),
        Measure(
            "lost.healed",
            "events healed",
            "count",
            "acknowledged events that had no effect of their own and were repaired later",
        ),
    )
    when_polling = ("lost.events",)

    def __call__(self, history: History) -> Check:
        acknowledged = [entry for entry in history.classified if entry.delivery == "acknowledged"]
        if not acknowledged:
            return unknown(self.name, "no event was acknowledged")
        tally = Tally()
        lost = [entry for entry in acknowledged if entry.effect in {"none", "stuck"}]
        told = {row.webhook_id: row.state for row in history.all(f.EffectProbed)} if lost else {}
        for entry in lost:
            tally.add(_incident(history, entry, *_kind(history, entry, told)))
        effects = Counter(entry.effect for entry in acknowledged)
        waiting, stuck = effects["pending"], effects["stuck"]
        judged = len(acknowledged) - waiting - effects["not_judged"]
        unsettled = history.unrest and judged + waiting < len(acknowledged)
        measures = {
            "lost.events": float(tally.total),
            "lost.judged": float(judged),
            "lost.acknowledged": float(len(acknowledged)),
            "lost.healed": float(effects["healed"]),
        }
        if stuck:
            measures["lost.stuck"] = float(stuck)
        if tally.total:
            reason = f"{tally.total} of {counted(len(acknowledged), 'acknowledged event')} had no effect"
            return tally.check(self.name, "invalid", reason + _standing_still(history, stuck), measures)
        if waiting:
            return unknown(self.name, f"{counted(waiting, 'acknowledged event')} still waited in the subject", measures)
        if unsettled:
            return unknown(self.name, history.unrest, measures)
        if not judged:
            return unknown(self.name, "the effect of no acknowledged event can be observed", measures)
        reason = f"each of {counted(judged, 'acknowledged event')} judged had its effect"
        return Check(self.name, "valid", reason, measures)

    def exposure(self, history: History) -> dict[str, int]:
        judged = Counter(
            f"of {entry.event.topic}"
            for entry in history.classified
            if entry.delivery == "acknowledged" and entry.effect not in {"pending", "not_judged"}
        )
        return {
            "events acknowledged and judged": judged.total(),
            "acknowledged just before a kill": history.repeats.before_kill,
            **dict(sorted(judged.items())),
        }


def _kind(history: History, entry: Classified, told: Mapping[str, f.EffectState]) -> tuple[IncidentKind, bool]:
    """What kind of loss it is, and whether the probe names the event: a queue tells numbers alone."""
    states = {told.get(one.planned.webhook_id) for one in history.deliveries.of_event(entry.event.event)}
    if entry.effect == "stuck":
        return "stuck", "pending" in states
    return ("claimed", True) if "applied" in states else ("lost", False)


def _standing_still(history: History, stuck: int) -> str:
    if not stuck:
        return ""
    waited_s, still_s = history.rest.waited_ns / SECOND_NS, history.rest.stood_still_ns / SECOND_NS
    return (
        f" within {waited_s:.0f} s of the end of the load; {stuck} are still pending, and nothing happened for "
        f"{still_s:.0f} s. {PAUSES}"
    )


def _incident(history: History, entry: Classified, kind: IncidentKind, named: bool) -> Incident:
    event = entry.event
    channel = "" if event.source == "shopify" else event.source
    sku, change = event.sku, 0
    if event.topic == INVENTORY_TOPIC:
        ledger = history.ledgers.get(event.sku)
        if ledger is not None and 0 < event.version < len(ledger.first_state):
            state = ledger.first_state[event.version]
            change = abs(ledger.available[state] - ledger.available[state - 1])
    else:
        effects = history.orders.of_order(event.order, ORDER_KINDS.get(event.topic, "sale"))
        lost = [effect for effect in effects if effect.version < 0] or effects
        change, sku = sum(abs(effect.delta) for effect in lost), lost[0].sku if lost else ""
    text = (
        f"{history.event_name(event.event)}, fired at {history.offset(event.at_ns)}"
        f"{_webhook(history, event.event)}, was acknowledged and had no effect"
    )
    if kind == "claimed":
        text += ", although the subject reports that it applied it: the master lacks it"
    if kind == "stuck":
        still_s = history.rest.stood_still_ns / SECOND_NS
        what = "it as pending" if named else "pending work"
        text += f" so far: the subject reports {what}, and has done nothing for {still_s:.0f} s"
    return Incident(kind, event.at_ns, text, channel, sku, event.order, change, events=(event.event,))


def _webhook(history: History, event: int) -> str:
    acknowledged = [one for one in history.deliveries.of_event(event) if one.outcome == "acknowledged"]
    return f" as webhook {acknowledged[0].planned.webhook_id}" if acknowledged else ""
