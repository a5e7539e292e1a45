"""Forged accepted: a tampered, unsigned or wrongly signed delivery that was acknowledged or had an effect."""

from reports.history import History
from reports.result import Check, Incident
from reports.tally import Tally, unknown
from simulator.history import facts as f

EFFECTS = frozenset({"applied", "superseded", "pending"})


class Forged:
    name = "forged"

    def __call__(self, history: History) -> Check:
        ways = history.dispatch.ways
        if not ways:
            return unknown(self.name, "no delivery was planned")
        forged = [way for way in ways.values() if way.planned.forged]
        genuine = {way.planned.webhook_id for way in ways.values() if not way.planned.forged}
        effects = {row.webhook_id for row in history.all(f.EffectProbed) if row.state in EFFECTS} - genuine
        tally, unanswered = Tally(), 0
        for way in forged:
            planned = way.planned
            acknowledged, effective = way.outcome == "acknowledged", planned.webhook_id in effects
            if acknowledged or effective:
                done = " and ".join(["acknowledged"] * acknowledged + ["taken in"] * effective)
                at_ns = way.ended_ns or planned.at_ns
                text = f"A forged delivery ({planned.forged}, {planned.topic}) was {done}, at {history.offset(at_ns)}"
                tally.add(Incident("forged_accepted", at_ns, text, details={"forgery": planned.forged}))
            elif way.outcome != "refused":
                unanswered += 1
        measures = {
            "forged.sent": float(len(forged)),
            "forged.accepted": float(tally.total),
            "forged.unanswered": float(unanswered),
        }
        if tally.total:
            reason = f"{tally.total} of {len(forged)} forged were accepted"
            return tally.check(self.name, "invalid", reason, measures)
        if forged and unanswered == len(forged):
            return unknown(self.name, "no forged delivery got an answer", measures)
        reason = f"all of {len(forged)} forged were refused" if forged else "no forged delivery was sent"
        return tally.check(self.name, "valid", reason, measures)
