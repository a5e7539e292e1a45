"""Refused though available: buyers turned away although every unit they wanted was on the shelf.

The other cost of staleness and of too much safety stock, so it is always shown beside oversells.
"""

from operator import lt

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
        for seq, attempt in history.numbered(f.PurchaseRefused):
            if any(map(lt, attempt.physical_before, attempt.quantities)):
                continue  # the units were not there, as for nearly every refusal
            if _shown_late(history, seq, attempt):
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
            "refused.out_of_stock": float(len(refused) - tally.total),
        }
        reason = f"{counted(tally.total, 'buyer')} turned away although the units were there"
        return tally.check(self.name, "measured", reason, measures)


def _shown_late(history: History, seq: int, attempt: f.PurchaseRefused) -> bool:
    """Whether the marketplace had accepted enough units, and did not show them yet."""
    if attempt.channel not in history.lags_ns:
        return False
    return all(
        history.listings[attempt.channel, sku].listed_at(seq) >= units
        for sku, units in zip(attempt.skus, attempt.quantities, strict=True)
    )
