"""Refused though available: buyers turned away although every unit they wanted was on the shelf.

The other cost of staleness and of too much safety stock, so it is always shown beside oversells. Buyers whom a
marketplace turned away because it shows a push late, or because units came back while it was down, are not counted.
"""

from collections.abc import Mapping
from operator import lt

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.history.shelf import Shelf, build_shelves
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
        refused, tally, wanted, beyond = history.all(f.PurchaseRefused), Tally(), 0, 0
        if not refused and not history.all(f.PurchaseAccepted):
            return unknown(self.name, "nobody tried to buy anything")
        skus = {sku for attempt in refused for sku in attempt.skus} if history.outages else set[str]()
        shelves = build_shelves(history, skus) if skus else {}
        for seq, attempt in history.numbered(f.PurchaseRefused):
            if any(map(lt, attempt.physical_before, attempt.quantities)):
                continue  # the units were not there, as for nearly every refusal
            if _shown_late(history, seq, attempt) or _came_back_in_outage(history, shelves, seq, attempt):
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


def _shown_late(history: History, seq: int, attempt: f.PurchaseRefused) -> bool:
    """Whether the marketplace had accepted enough units, and did not show them yet."""
    if attempt.channel not in history.lags_ns:
        return False
    return all(
        history.listings[attempt.channel, sku].listed_at(seq) >= units
        for sku, units in zip(attempt.skus, attempt.quantities, strict=True)
    )


def _came_back_in_outage(history: History, shelves: Mapping[str, Shelf], seq: int, attempt: f.PurchaseRefused) -> bool:
    """Whether the units that the marketplace did not show had come back while it was down."""
    away = history.absences.get(attempt.channel)
    begun_ns = away.begun_by(attempt.at_ns) if away is not None else None
    if begun_ns is None:
        return False
    lines = zip(attempt.skus, attempt.quantities, attempt.shown_before, strict=True)
    lacking = {sku: units for sku, units, shown in lines if shown < units}
    return all(sku in shelves and shelves[sku].enough_since(units, seq) >= begun_ns for sku, units in lacking.items())
