"""Listings that count a location with fewer than no units as one with none."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis, verb
from stockstorm.simulator.history import facts as f

SKUS_MIN: Final = 3
SHARE_MIN: Final = 0.5  # of the wrong listings
CHANCE_FACTOR: Final = 4  # times as often as a quantity one unit higher


class NegativeLevel(Diagnose):
    name = "negative_level"
    at_rest = True

    def __call__(self, case: Case) -> Iterator[Found]:
        stock = {
            final.sku: final
            for final in case.history.all(f.FinalStock)
            if len(final.levels) > 1 and min(final.levels) < 0
        }
        if not stock:
            return
        right, wrong = right_and_wrong(case)
        safety = case.history.safety_stock
        fits = [one for one in wrong if one.sku in stock and one.listed == _clamped(stock[one.sku], safety)]
        by_chance = sum(one.sku in stock and one.listed == _clamped(stock[one.sku], safety) + 1 for one in wrong)
        if len({one.sku for one in fits}) < SKUS_MIN or len(fits) < max(
            SHARE_MIN * len(wrong), CHANCE_FACTOR * by_chance
        ):
            return
        several = {final.sku for final in case.history.all(f.FinalStock) if len(final.levels) > 1}
        others = sum(one.sku in several - stock.keys() for one in right)
        alone = all(one.listed + safety in stock[one.sku].levels for one in fits)  # as where one level is listed
        if alone and others < SHARE_MIN * len(fits):
            return
        examples = (
            f"{one.sku} on {one.channel}: {one.listed}, of {stock[one.sku].available} "
            f"({' and '.join(map(str, stock[one.sku].levels))})"
            for one in fits
        )
        yield Found(
            Diagnosis(
                self.name,
                f"{len(fits)} of {len(wrong)} wrong listings {verb(len(fits), 'are')} the sum with a level below zero "
                "taken for zero",
                (
                    f"{others:,} listings of SKUs at several locations with no level below zero are right",
                    "wrong, for example, " + quoted(examples),
                ),
                "add up the levels as they are: one location can owe units that another one has; only the sum is not "
                "listed below zero",
                case.consequences("drift", "sync_latency", "oversell", "crisis_time", "unexplained_push",
                                  "stale_overwrite", "refused_though_available", "lost_units", "trend"),
            ),
            frozenset(f"listing {one.channel} {one.sku}" for one in fits),
        )  # fmt: skip


def _clamped(final: f.FinalStock, safety: int) -> int:
    return max(0, sum(max(0, level) for level in final.levels) - safety)
