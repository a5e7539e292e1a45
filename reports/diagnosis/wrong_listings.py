"""Listings that are wrong at rest, by what they have in common.

Left out is what most right listings with the same traits have too: it hints at much, and names no cause.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import Common, clusters
from stockstorm.reports.diagnosis.traits import Trait, contrasted, hints, said, twins
from stockstorm.reports.result import Diagnosis, verb
from stockstorm.simulator.history import facts as f

LISTINGS_MAX: Final = 20_000
ALIKE_MIN: Final = 3
PRECISION_MIN: Final = 0.3  # of all listings with the traits, those that are wrong
SMALL_PRECISION_MIN: Final = 0.8


class Known(NamedTuple):
    """What is known of SKUs."""

    twins: dict[str, str]
    sold_out: set[str]
    last_delta: dict[str, int]
    alike: frozenset[int] = frozenset()  # quantities that are listed where several different ones are right


class WrongListings(Diagnose):
    name = "wrong_listings"
    at_rest = True
    after = (
        "no_call", "stops", "channel_frozen", "one_location", "overtaken", "pushed_before", "push_forgotten",
        "burst_end", "lacking_at_failure", "small_steps", "read_not_pushed", "never_released", "old_read",
        "rounded", "negative_level", "miscounted", "committed_listed", "old_retry",
    )  # fmt: skip

    def __call__(self, case: Case) -> Iterator[Found]:
        history = case.history
        good, bad = right_and_wrong(case)
        known = Known(
            twins(history.items.values()),
            {final.sku for final in history.all(f.FinalStock) if final.available <= history.safety_stock},
            {change.sku: change.delta for change in history.all(f.StockChanged)},
            _alike(case, bad),
        )
        alone = len({one.sku for one in bad}) == 1  # then nothing but its own name tells it from others
        found = [] if alone else clusters(*([_traits(case, known, one) for one in some] for some in (bad, good)))
        found = [one for one in found if one.bad >= _precision_min(one) * (one.bad + one.good)]
        if all({trait.kind for trait in common.traits} == {"sku"} for common in found):
            return  # that each is itself is nothing that they have in common
        for common in found:
            covered = [bad[place] for place in sorted(common.covers)]
            which = f"{common.bad} of {common.bad_of}" if common.bad < common.bad_of else f"all {common.bad}"
            yield Found(
                Diagnosis(
                    self.name,
                    f"{which} wrong listings {verb(common.bad, 'are')} {said(common.traits)}",
                    (
                        contrasted(common.good, common.good_of, "right listings", common.traits),
                        "wrong, for example, " + quoted(f"{one.sku} on {one.channel}: {one.listed}" for one in covered),
                    ),
                    hints(common.traits),
                    case.consequences("drift", "sync_latency", "oversell", "crisis_time"),
                ),
                frozenset(f"listing {one.channel} {one.sku}" for one in covered),
            )


def _precision_min(common: Common) -> float:
    """Who pushes no change of one unit pushes none: where some were pushed, the size of the change is no cause."""
    return SMALL_PRECISION_MIN if {trait.kind for trait in common.traits} == {"one_unit"} else PRECISION_MIN


def right_and_wrong(case: Case) -> tuple[list[f.FinalListing], list[f.FinalListing]]:
    """Listings at rest, those that show what the master has, and the others. Pending SKUs are left out.

    Of a subject that lists less on purpose, the others are those that show more.
    """
    history = case.history
    stock = {final.sku: final.available for final in history.all(f.FinalStock)}
    right, wrong = list[f.FinalListing](), list[f.FinalListing]()
    for final in history.all(f.FinalListing)[:LISTINGS_MAX]:
        if final.sku in stock and final.sku not in history.pending.skus:
            wanted = max(0, stock[final.sku] - history.safety_stock)
            fits = final.listed == wanted or (final.listed < wanted and history.lists_less)
            (right if fits else wrong).append(final)
    return right, wrong


def _alike(case: Case, wrong: list[f.FinalListing]) -> frozenset[int]:
    stock = {final.sku: final.available for final in case.history.all(f.FinalStock)}
    wanted: dict[int, set[int]] = {}
    for one in wrong:
        wanted.setdefault(one.listed, set()).add(stock[one.sku])
    return frozenset(listed for listed, several in wanted.items() if len(several) >= ALIKE_MIN)


def _traits(case: Case, known: Known, final: f.FinalListing) -> frozenset[Trait]:
    item = case.history.items.get(final.sku)
    found = {Trait("channel", final.channel), Trait("sku", final.sku)}
    if final.listed in known.alike:
        found.add(Trait("shows", str(final.listed)))
    if final.sku in known.twins:
        found.add(Trait("twin", known.twins[final.sku]))
    if final.sku in known.sold_out:
        found.add(Trait("zero"))
    if abs(known.last_delta.get(final.sku, 0)) == 1:
        found.add(Trait("one_unit"))
    if item is not None:
        found |= {Trait("location", str(place)) for place in (item.location_id, *item.locations)}
    if item is not None and item.hot:
        found.add(Trait("hot"))
    return frozenset(found)
