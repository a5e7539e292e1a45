"""Nothing lost: no event that the subject acknowledged was without effect.

The ledger outranks the probe: an order that the subject reports as applied and that the master lacks is an incident of
a kind of its own, "claimed".
"""

from collections import Counter

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.history.deliveries import INVENTORY_TOPIC
from stockstorm.reports.history.event_outcomes import ORDER_KINDS, Classified
from stockstorm.reports.result import Check, Incident, Tally, counted, unknown
from stockstorm.simulator.history import facts as f


class NothingLost(Checker):
    name = "nothing_lost"
    severity = "correctness"
    measures = (
        Measure("lost.events", "events lost", "count", "events acknowledged that had no effect", headline=True),
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
        lost = [entry for entry in acknowledged if entry.effect == "none"]
        claims = {row.webhook_id for row in history.all(f.EffectProbed) if row.state == "applied"} if lost else set()
        for entry in lost:
            of_event = history.deliveries.of_event(entry.event.event)
            claimed = any(delivery.planned.webhook_id in claims for delivery in of_event)
            tally.add(_incident(history, entry, claimed))
        waiting = sum(entry.effect == "pending" for entry in acknowledged)
        judged = sum(entry.effect not in {"pending", "not_judged"} for entry in acknowledged)
        unsettled = history.unrest and judged + waiting < len(acknowledged)
        measures = {
            "lost.events": float(tally.total),
            "lost.judged": float(judged),
            "lost.acknowledged": float(len(acknowledged)),
            "lost.healed": float(sum(entry.effect == "healed" for entry in acknowledged)),
        }
        if tally.total:
            reason = f"{tally.total} of {counted(len(acknowledged), 'acknowledged event')} had no effect"
            return tally.check(self.name, "invalid", reason, measures)
        if waiting:
            return unknown(self.name, f"{counted(waiting, 'acknowledged event')} still waited in the subject", measures)
        if unsettled:
            return unknown(self.name, history.unrest, measures)
        if not judged:
            return unknown(self.name, "the effect of no acknowledged event can be observed", measures)
        return Check(
            self.name, "valid", f"each of {counted(judged, 'acknowledged event')} judged had its effect", measures
        )

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


def _incident(history: History, entry: Classified, claimed: bool) -> Incident:
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
    if claimed:
        text += ", although the subject reports that it applied it: the master lacks it"
    return Incident(
        "claimed" if claimed else "lost", event.at_ns, text, channel, sku, event.order, change, events=(event.event,)
    )


def _webhook(history: History, event: int) -> str:
    acknowledged = [one for one in history.deliveries.of_event(event) if one.outcome == "acknowledged"]
    return f" as webhook {acknowledged[0].planned.webhook_id}" if acknowledged else ""
