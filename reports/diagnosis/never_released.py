"""Listings that stay below the master by the same units, change after change: units that are held and never released.

A subject that reserves what a marketplace sold until the master includes it lists the rest. If it forgets to release
such a reservation, or makes it twice, every later push is too low by just that.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.lacking import CHECKS
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.history.listings import Listing
from stockstorm.reports.result import Diagnosis, units, verb
from stockstorm.simulator.history import facts as f

LISTINGS_MIN: Final = 2
SHARE_MIN: Final = 0.6


class NeverReleased(Diagnose):
    name = "never_released"
    checks = CHECKS
    at_rest = True
    after = (
        "no_call", "stops", "channel_frozen", "same_difference", "share_listed", "pushed_before", "burst_end",
        "overtaken", "wrong_sign",
    )  # fmt: skip

    def __call__(self, case: Case) -> Iterator[Found]:
        wrong = right_and_wrong(case)[1]
        found: list[tuple[f.FinalListing, int, int]] = []
        for one in wrong:
            listing = case.history.listings.get((one.channel, one.sku))
            held = None if listing is None else _held(listing, one.listed)
            if held is not None:
                found.append((one, *held))
        if len(found) < max(LISTINGS_MIN, SHARE_MIN * len(wrong)):
            return
        since_ns = min(at_ns for _, _, at_ns in found)
        yield Found(
            Diagnosis(
                self.name,
                f"{len(found)} of {len(wrong)} wrong listings "
                f"{verb(len(found), 'stay')} below what the master has by the same units, change "
                "after change: units are held for orders and never released, or held twice, or its own count of "
                "the stock is off by them",
                (
                    "for example "
                    + quoted(
                        f"{one.sku} on {one.channel} is {units(held)} too low since {case.when(at_ns)}"
                        f"{_fitting(case, one.sku, held, at_ns)}"
                        for one, held, at_ns in found
                    ),
                ),
                "release a reservation in the transaction that learns that the master includes the order, or that it "
                "is gone; make it in the one that records the order, so that a crash or a copy makes no second one",
                case.consequences(*CHECKS),
                since_ns,
            ),
            frozenset(f"listing {one.channel} {one.sku}" for one, _, _ in found),
        )


def _held(listing: Listing, listed: int) -> tuple[int, int] | None:
    """(units held, since when), if the pushes about the last two states are too low by the same units."""
    ledger = listing.ledger
    if len(ledger.times_ns) < 2 or not listing.pushes or listing.pushes[-1].quantity != listed:
        return None
    last_ns, before_ns = ledger.times_ns[-1], ledger.times_ns[-2]
    held = ledger.available[-1] - ledger.safety - listed
    place = bisect_right(listing.push_times_ns, last_ns) - 1  # the last push about the state before
    if held <= 0 or place < 0 or listing.pushes[-1].at_ns <= last_ns or listing.push_times_ns[place] <= before_ns:
        return None
    earlier = listing.pushes[place]
    if ledger.available[-2] - ledger.safety - earlier.quantity != held:
        return None
    return held, earlier.at_ns


def _fitting(case: Case, sku: str, held: int, at_ns: int) -> str:
    """The last order of a marketplace before that, if it sold just as many units of the SKU."""
    sales = [
        effect
        for effect in case.history.effects_of_sku.get(sku, ())
        if effect.kind == "sale" and effect.at_ns < at_ns and -effect.delta == held
    ]
    return f"; {case.order(sales[-1].order)} sold as many at {case.when(sales[-1].at_ns)}" if sales else ""
