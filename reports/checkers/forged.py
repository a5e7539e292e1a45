"""Forged accepted: a tampered, unsigned or wrongly signed delivery that was acknowledged or had an effect.

Only a 4xx refuses one. A 5xx or no answer proves nothing, because a genuine delivery would have failed in the same way.
During a fault that is expected, and the other forgeries decide.
"""

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.history.faults import excused
from stockstorm.reports.result import Check, Incident, Tally, unknown
from stockstorm.simulator.history import facts as f

EFFECTS = frozenset({"applied", "superseded", "pending"})


class Forged(Checker):
    name = "forged"
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

    def __call__(self, history: History) -> Check:
        deliveries = history.deliveries.by_id
        if not deliveries:
            return unknown(self.name, "no delivery was planned")
        forged = [delivery for delivery in deliveries.values() if delivery.planned.forged]
        genuine = {one.planned.webhook_id for one in deliveries.values() if not one.planned.forged}
        effects = {effect.webhook_id for effect in history.all(f.EffectProbed) if effect.state in EFFECTS} - genuine
        tally, faults = Tally(), history.fault_intervals
        unanswered = during_fault = 0
        for delivery in forged:
            planned = delivery.planned
            acknowledged, effective = delivery.outcome == "acknowledged", planned.webhook_id in effects
            if acknowledged or effective:
                outcome = " and ".join(["acknowledged"] * acknowledged + ["processed"] * effective)
                at_ns = delivery.ended_ns or planned.at_ns
                text = (
                    f"A forged delivery ({planned.forged}, {planned.topic}) was {outcome}, at {history.offset(at_ns)}"
                )
                tally.add(
                    Incident(
                        "forged_accepted",
                        at_ns,
                        text,
                        details={"forgery": planned.forged},
                        deliveries=(planned.delivery,),
                    )
                )
            elif delivery.outcome != "refused":
                unanswered += 1
                during_fault += bool(delivery.attempts) and all(
                    excused(attempt, faults) for attempt in delivery.attempts
                )
        measures = {
            "forged.sent": float(len(forged)),
            "forged.accepted": float(tally.total),
            "forged.unanswered": float(unanswered),
        }
        if tally.total:
            reason = f"{tally.total} of {len(forged)} forged were accepted"
            return tally.check(self.name, "invalid", reason, measures)
        refused = len(forged) - unanswered
        if unanswered > during_fault or (forged and not refused):
            reason = f"{refused} of {len(forged)} forged were refused, {unanswered} failed or got no answer"
            return unknown(self.name, reason, measures)
        reason = f"all of {refused} forged were refused" if forged else "no forged delivery was sent"
        if during_fault:
            reason += f", apart from {during_fault} sent during a fault"
        return tally.check(self.name, "valid", reason, measures)
