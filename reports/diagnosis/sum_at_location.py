"""Sets that write the sum over an item's locations to one of them: the other levels then count twice.

Such a set moves a level by what lies at the other locations, besides the orders that it is for. One may do so by
chance, so most sets of items that several locations stock must.
"""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.history.channel_orders import tokens
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.history import facts as f

SETS_MIN: Final = 3
SHARE_MIN: Final = 0.5


class SumAtLocation(Diagnose):
    name = "sum_at_location"

    def __call__(self, case: Case) -> Iterator[Found]:
        sets = [row for row in case.history.all(f.StockChanged) if row.cause == "subject_set" and _others(row)]
        sums = [row for row in sets if row.delta - _others(row) in _expected(case, row)]
        if len(sums) < max(SETS_MIN, SHARE_MIN * len(sets)):
            return
        first = sums[0]
        before, elsewhere = first.available - first.delta, _others(first)
        told = f"{first.sku} had {before} in all, of which {elsewhere} elsewhere; location {first.location_id} was set "
        yield Found(
            Diagnosis(
                self.name,
                f"{len(sums)} of {len(sets)} sets wrote the sum over a SKU's locations to one of them",
                (
                    f"{told}to {first.level} at {case.when(first.at_ns)}",
                    f"{len({row.sku for row in sums})} SKUs were set so",
                ),
                "set a location's own quantity, or write differences (inventoryAdjustQuantities) at one location",
                case.consequences("drift", "oversell", "unexplained_push", "retry_discipline", "sync_latency"),
                first.at_ns,
            ),
            frozenset(f"sku {row.sku}" for row in sums),
        )


def _others(row: f.StockChanged) -> int:
    """Units at the item's other locations."""
    return 0 if row.level is None else row.available - row.level


def _expected(case: Case, row: f.StockChanged) -> set[int]:
    """By how many units the set should have moved the level: those of the orders that it names, or of any order."""
    orders = case.history.orders
    named = [effect.delta for token in tokens(row.reference) for effect in orders.by_token.get(token, ())
             if effect.sku == row.sku]  # fmt: skip
    if named:
        return {sum(named)}
    return {0, *(effect.delta for effect in case.history.effects_of_sku.get(row.sku, ()))}
