"""Quantities that are rounded before they are listed: every one is a multiple of a number, and the stock is not."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.history import facts as f

STEPS: Final = (1_000, 500, 100, 50, 25, 20, 12, 10, 6, 5, 4, 3, 2)  # the largest that fits is told
PUSHES_MIN: Final = 30
DIFFERENT_MIN: Final = 10  # quantities above 0
OF_STOCK_MAX: Final = 0.6  # of the SKUs have such a stock by themselves
CHECKS: Final = (
    "drift", "sync_latency", "stale_overwrite", "unexplained_push", "oversell", "refused_though_available", "put_back",
    "crisis_time", "nothing_lost",
)  # fmt: skip


class Rounded(Diagnose):
    name = "rounded"
    checks = CHECKS
    after = ("no_call", "stops")

    def __call__(self, case: Case) -> Iterator[Found]:
        pushed = [push.quantity for push in case.history.all(f.ListingPushed) if push.quantity]
        different, held = set(pushed), case.history.safety_stock
        stock = [final.available - held for final in case.history.all(f.FinalStock) if final.available > held]
        if len(pushed) < PUSHES_MIN or len(different) < DIFFERENT_MIN or not stock:
            return
        for step in STEPS:
            so_by_itself = sum(left % step == 0 for left in stock)
            if all(quantity % step == 0 for quantity in different) and so_by_itself <= OF_STOCK_MAX * len(stock):
                yield self._found(case, step, len(pushed), f"{so_by_itself:,} of {len(stock):,}")
                return

    def _found(self, case: Case, step: int, count: int, so_by_itself: str) -> Found:
        wrong = right_and_wrong(case)[1]
        examples = quoted(f"{one.sku} on {one.channel} shows {one.listed}" for one in wrong)
        return Found(
            Diagnosis(
                self.name,
                f"all {count:,} quantities above 0 that were pushed are multiples of {step}, and the stock is not: it "
                "is rounded before it is listed",
                (
                    f"the stock of {so_by_itself} SKUs is such a multiple at the end",
                    *([f"wrong: {examples}"] if wrong else ()),
                ),
                "list the quantity as it is; what is to be held back is a safety stock, which is subtracted, and "
                "declared to the run. If whole packs are meant, say lists_less = true in the subject file",
                case.consequences(*CHECKS),
            ),
            frozenset(f"listing {one.channel} {one.sku}" for one in wrong),
        )
