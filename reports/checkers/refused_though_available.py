"""Refused though available: buyers turned away although every unit they wanted was on the shelf. The other price of
staleness, and of overlarge safety stock, hence always shown beside oversells."""

from stockstorm.reports.checkers.checker import Checker, Measure
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

    def __call__(self, history: History) -> Check:
        refused, tally, wanted = history.all(f.PurchaseRefused), Tally(), 0
        if not refused and not history.all(f.PurchaseAccepted):
            return unknown(self.name, "nobody tried to buy anything")
        for attempt in refused:
            rows = list(
                zip(attempt.skus, attempt.quantities, attempt.physical_before, attempt.shown_before, strict=True)
            )
            if all(before >= quantity for _, quantity, before, _ in rows):
                wanted += sum(attempt.quantities)
                sku, quantity, before, shown = next((row for row in rows if row[3] < row[1]), rows[0])
                text = (
                    f"{attempt.channel} turned a buyer of {quantity} {sku} away at {history.offset(attempt.at_ns)}: "
                    f"it showed {shown}, on the shelf were {before}"
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
            "refused.out_of_stock": float(len(refused) - tally.total),
        }
        reason = f"{counted(tally.total, 'buyer')} turned away although the units were there"
        return tally.check(self.name, "valid", reason, measures)
