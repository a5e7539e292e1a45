"""Poison: deliveries that are signed by their source and that nobody can process, such as an order of an unknown SKU.

A subject may acknowledge or refuse them, and keep them for a person. It must not apply them: the reference of an order
that was never placed in the master, or a quantity that was never there in a listing, shows that it did. And everything
else must go on: a process that ends whenever one kind of them comes is proof that it does not. What else is harmed is
judged by the other checks.
"""

from collections import Counter
from typing import Final

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.checkers.forged import effects_of
from stockstorm.reports.history import History
from stockstorm.reports.history.deliveries import Delivery
from stockstorm.reports.result import Check, Incident, Tally, counted, verb
from stockstorm.simulator.config import ForgeryKind, PoisonKind
from stockstorm.simulator.history import facts as f

LABELS: Final[dict[ForgeryKind | PoisonKind, str]] = {
    "unknown_sku": "with an unknown SKU",
    "null_lines": "with null for its lines",
    "null_level": "with null for a level",
    "huge_quantity": "with a quantity that no shop has",
    "wrong_type": "with an object where a number should be",
    "not_json": "with half of a JSON text",
}


class Poison(Checker):
    name = "poison"
    measures = (
        Measure(
            "poison.applied",
            "poisonous deliveries applied",
            "count",
            "deliveries that nobody can process, and that had an effect all the same",
        ),
        Measure(
            "poison.sent",
            "poisonous deliveries sent",
            "count",
            "deliveries sent that nobody can process",
            more_is_worse=None,
        ),
        Measure(
            "poison.ends",
            "ends of processes by poison",
            "count",
            "outages of processes that began with deliveries that nobody can process, of one kind, and with no others",
        ),
        Measure(
            "poison.unanswered",
            "poisonous deliveries unanswered",
            "count",
            "deliveries that nobody can process, and that got no answer, or a 5xx",
            more_is_worse=None,
        ),
    )
    when_polling = ()

    def __call__(self, history: History) -> Check:
        sent, tally = history.deliveries.poison, Tally()
        for delivery, shown in effects_of(history, sent):
            tally.add(_incident(history, delivery, shown))
        outcomes = Counter(delivery.outcome for delivery in sent)
        answered = outcomes["acknowledged"] + outcomes["refused"]
        measures = {
            "poison.applied": float(tally.total),
            "poison.sent": float(len(sent)),
            "poison.unanswered": float(len(sent) - answered),
        }
        applied, ends = tally.total, history.poison_ends
        if ends is not None:
            measures["poison.ends"] = float(len(ends.outages))
            process, kind = ends.outages[0].process, kind_of(ends.deliveries[0].planned)
            text = f"{process} ended {len(ends.outages)} times, each time just after {kind}, which nobody can process"
            tally.add(Incident("poison_end", ends.outages[0].begin_ns, text))
            if not applied:
                return tally.check(self.name, "invalid", text, measures)
        if tally.total:
            reason = f"{applied} of {counted(len(sent), 'notification')} that nobody can process had an effect"
            return tally.check(self.name, "invalid", reason, measures)
        reason = (
            f"none of {counted(len(sent), 'notification')} that nobody can process had an effect; "
            f"{outcomes['acknowledged']} "
            f"{verb(outcomes['acknowledged'], 'were')} acknowledged and {outcomes['refused']} refused"
        )
        return Check(self.name, "valid", reason, measures)

    def exposure(self, history: History) -> dict[str, int]:
        kinds = Counter(delivery.planned.forged for delivery in history.deliveries.poison)
        return {label: kinds[kind] for kind, label in LABELS.items() if kinds[kind]} or {"poisonous deliveries": 0}


def kind_of(planned: f.DeliveryPlanned) -> str:
    """Its topic, and what is wrong with it."""
    return f"{planned.topic} {LABELS[planned.forged]}" if planned.forged else planned.topic


def _incident(history: History, delivery: Delivery, shown: list[str]) -> Incident:
    planned, at_ns = delivery.planned, delivery.ended_ns or delivery.planned.at_ns
    text = (
        f"{kind_of(planned)} from {planned.source}, webhook id {planned.webhook_id}, which nobody can process: "
        f"{' and '.join(shown)}, at {history.offset(at_ns)}"
    )
    channel = planned.source if planned.source != "shopify" else ""
    return Incident("poison_applied", at_ns, text, channel, deliveries=(planned.delivery,))
