"""Refused though available: buyers turned away although every unit they wanted was on the shelf.

The other cost of staleness and of too much safety stock, so it is always shown beside oversells. Buyers whom a
marketplace turned away because it shows a push late, or because units came back while it was down, are not counted.
"""

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.evidence.turned_away import available, beyond_reach
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Incident, Tally, counted, unknown
from stockstorm.simulator.history import facts as f


class RefusedThoughAvailable(Checker):
    name = "refused_though_available"
    measures = (
        Measure(
            "refused.attempts",
            "refused though available",
            "count",
            "buyers turned away although the units were there",
            headline=True,
        ),
        Measure(
            "refused.units",
            "units refused though available",
            "units",
            "units that buyers were refused although they were there",
        ),
        Measure(
            "refused.out_of_stock",
            "buyers without stock",
            "count",
            "buyers turned away because the units were not there",
            more_is_worse=None,
        ),
    )

    def exposure(self, history: History) -> dict[str, int]:
        return {"purchases tried": history.count(f.PurchaseAccepted) + history.count(f.PurchaseRefused)}

    def __call__(self, history: History) -> Check:
        refused, tally, wanted, beyond = history.all(f.PurchaseRefused), Tally(), 0, 0
        if not refused and not history.all(f.PurchaseAccepted):
            return unknown(self.name, "nobody tried to buy anything")
        excused = beyond_reach(history)
        for attempt in refused:
            if not available(attempt):
                continue
            if attempt.order in excused:
                beyond += 1
                continue
            lines = list(
                zip(attempt.skus, attempt.quantities, attempt.physical_before, attempt.shown_before, strict=True)
            )
            wanted += sum(attempt.quantities)
            sku, quantity, before, shown = next((line for line in lines if line[3] < line[1]), lines[0])
            text = (
                f"{attempt.channel} turned away a buyer of {quantity} {sku} at {history.offset(attempt.at_ns)}: "
                f"it showed {shown}, but {before} were on the shelf"
            )
            tally.add(
                Incident(
                    "refused",
                    attempt.at_ns,
                    text,
                    channel=attempt.channel,
                    sku=sku,
                    order=attempt.order,
                    units=quantity,
                )
            )
        measures = {
            "refused.attempts": float(tally.total),
            "refused.units": float(wanted),
            "refused.out_of_stock": float(len(refused) - tally.total - beyond),
        }
        reason = f"{counted(tally.total, 'buyer')} turned away although the units were there"
        notes = (f"{counted(beyond, 'buyer')} more: a marketplace showed a push late, or was down",) if beyond else ()
        return tally.check(self.name, "measured", reason, measures, notes)
