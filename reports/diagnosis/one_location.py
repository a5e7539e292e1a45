"""Listings that show the level of one location of a SKU instead of the sum over all of them.

At rest a wrong listing that equals one of the levels, less the safety stock, is counted. That it equals one by chance
is as likely as that it is one unit more, so that is counted too, and nothing is claimed unless the first is far more
frequent.
"""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis, verb
from stockstorm.simulator.history import facts as f

SKUS_MIN: Final = 3
SHARE_MIN: Final = 0.5  # of the wrong listings of SKUs with several locations
CHANCE_FACTOR: Final = 4
HINT: Final = "add up the levels of all locations of an item; an inventory_levels/update tells of one of them"


class Shown(msgspec.Struct, frozen=True):
    """A wrong listing that equals the level of these locations."""

    listing: f.FinalListing
    locations: frozenset[int]


class OneLocation(Diagnose):
    name = "one_location"
    at_rest = True
    after = ("negative_level",)  # of two locations the other one alone is that sum

    def __call__(self, case: Case) -> Iterator[Found]:
        stock = {final.sku: final for final in case.history.all(f.FinalStock) if len(final.locations) > 1}
        wrong = [one for one in right_and_wrong(case)[1] if one.sku in stock]
        safety = case.history.safety_stock
        shown = [Shown(one, places) for one in wrong if (places := equal_levels(one.listed, stock[one.sku], safety))]
        by_chance = sum(bool(equal_levels(one.listed + 1, stock[one.sku], safety)) for one in wrong)
        skus = {one.listing.sku for one in shown}
        if len(skus) < SKUS_MIN or len(shown) < max(SHARE_MIN * len(wrong), CHANCE_FACTOR * by_chance):
            return
        which, count = _which(case, shown, stock)
        examples = (
            f"{one.listing.sku} on {one.listing.channel}: {one.listing.listed}, of {stock[one.listing.sku].available}"
            for one in shown
        )
        yield Found(
            Diagnosis(
                self.name,
                f"{len(shown)} of {len(wrong)} wrong listings "
                f"{verb(len(shown), 'equal')} the level of one location, not the sum",
                (
                    f"in {count} of {len(shown)} it is {which}",
                    (f"{by_chance} of {len(wrong)} "
                    f"{verb(by_chance, 'are')} one unit below a level, as would be by chance"),
                    "wrong, for example, " + quoted(examples),
                ),
                HINT,
                case.consequences("drift", "sync_latency", "oversell", "crisis_time", "unexplained_push",
                                  "stale_overwrite", "refused_though_available", "lost_units", "trend"),
            ),
            frozenset(f"listing {one.listing.channel} {one.listing.sku}" for one in shown),
        )  # fmt: skip


def equal_levels(listed: int, final: f.FinalStock, safety: int) -> frozenset[int]:
    """The locations whose level alone gives this listing. A listing of 0 tells nothing."""
    levels = zip(final.locations, final.levels, strict=True)
    return frozenset(place for place, level in levels if listed > 0 and level - safety == listed)


def _which(case: Case, shown: list[Shown], stock: dict[str, f.FinalStock]) -> tuple[str, int]:
    """What the locations have in common, and of how many listings that is so: the rule that fits most."""
    last = {change.sku: change.location_id for change in case.history.all(f.StockChanged)}
    rules: dict[str, Callable[[Shown], int]] = {
        "the location with the lowest id": lambda one: min(stock[one.listing.sku].locations),
        "the location that changed last": lambda one: last.get(one.listing.sku, -1),
        "the location with the most units": lambda one: _fullest(stock[one.listing.sku]),
    }
    counts = {rule: sum(place(one) in one.locations for one in shown) for rule, place in rules.items()}
    for place in sorted({place for one in shown for place in one.locations}):
        counts[f"location {place}"] = sum(place in one.locations for one in shown)
    best = max(counts, key=lambda rule: counts[rule])
    return best, counts[best]


def _fullest(final: f.FinalStock) -> int:
    return max(zip(final.levels, final.locations, strict=True))[1]
