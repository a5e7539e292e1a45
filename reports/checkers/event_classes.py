"""Event classes: every event by delivery and by effect. Unknown if the sums do not match the events fired.

Measures are named `event_classes.<delivery>.<effect>`. Classes without an event are left out.
"""

from collections import Counter

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, counted, unknown
from stockstorm.simulator.history import facts as f


class EventClasses(Checker):
    name = "event_classes"
    severity = "required"
    measures = (
        Measure(
            "event_classes.fired",
            "events fired",
            "count",
            "events that happened in the shop or on a channel",
            more_is_worse=None,
        ),
        Measure(
            "event_classes.*.*",
            "events",
            "count",
            "events of one class of delivery and one class of effect",
            more_is_worse=None,
        ),
    )

    def __call__(self, history: History) -> Check:
        fired = len(history.all(f.EventFired))
        if not fired:
            return unknown(self.name, "no event was fired")
        table = Counter((entry.delivery, entry.effect) for entry in history.classified if entry.delivery)
        measures = {
            f"event_classes.{delivery}.{effect}": float(count) for (delivery, effect), count in sorted(table.items())
        }
        total = sum(table.values())
        measures["event_classes.fired"] = float(fired)
        serials, stray = len(history.deliveries.events), history.reported.strays
        if total != fired or serials != fired or stray:
            reason = (
                f"the sums do not match: {fired:,} fired, {total:,} accounted for, {stray} delivered but never fired"
            )
            return unknown(self.name, reason, measures)
        return Check(self.name, "measured", f"all of {counted(fired, 'event')} accounted for", measures)

    def exposure(self, history: History) -> dict[str, int]:
        return {"events fired": len(history.all(f.EventFired))}
