"""Buyers whom a marketplace turned away by its own doing although the units were there.

It had accepted enough units and did not show them yet, or it was down when they came back. No subject can change
either.
"""

from collections.abc import Mapping
from operator import lt

from stockstorm.reports.history import History
from stockstorm.reports.history.shelf import Shelf, build_shelves
from stockstorm.simulator.history import facts as f


def available(attempt: f.PurchaseRefused) -> bool:
    """Whether all units that a buyer wanted were on the shelf. For nearly every refusal they were not."""
    return not any(map(lt, attempt.physical_before, attempt.quantities))


def beyond_reach(history: History) -> frozenset[int]:
    """The orders of these buyers."""
    if not (history.lags_ns or history.outages):
        return frozenset()
    refused = [(seq, attempt) for seq, attempt in history.numbered(f.PurchaseRefused) if available(attempt)]
    skus = {sku for _, attempt in refused for sku in attempt.skus} if history.outages else set[str]()
    shelves = build_shelves(history, skus) if skus else {}
    return frozenset(
        attempt.order
        for seq, attempt in refused
        if _shown_late(history, seq, attempt) or _came_back_in_outage(history, shelves, seq, attempt)
    )


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
