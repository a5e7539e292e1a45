"""Listings that show, without its sign, how many units a SKU is short of."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis, verb
from stockstorm.simulator.history import facts as f

SHARE_MIN: Final = 0.8
LISTINGS_MIN: Final = 2
SHOWN: Final = 3


class WrongSign(Diagnose):
    name = "wrong_sign"
    at_rest = True
    after = ("no_call", "stops", "channel_frozen")

    def __call__(self, case: Case) -> Iterator[Found]:
        wrong = right_and_wrong(case)[1]
        held = case.history.safety_stock
        left = {final.sku: final.available - held for final in case.history.all(f.FinalStock)}
        found = [one for one in wrong if left[one.sku] < 0 and _last_push(case, one) == -left[one.sku]]
        if len(found) < max(LISTINGS_MIN, SHARE_MIN * len(wrong)):
            return
        yield Found(
            Diagnosis(
                self.name,
                f"{len(found)} of {len(wrong)} wrong listings "
                f"{verb(len(found), 'were')} set to the number of units that their SKU is short "
                "of: a quantity below zero loses its sign",
                tuple(
                    f"{one.sku} on {one.channel} was set to {-left[one.sku]} where {left[one.sku]} are left"
                    for one in found[:SHOWN]
                ),
                "list 0 for a quantity below zero: max(0, quantity), not its absolute value",
                case.consequences(
                    "drift", "nothing_lost", "oversell", "stale_overwrite", "unexplained_push", "sync_latency"
                ),
            ),
            frozenset(f"listing {one.channel} {one.sku}" for one in found),
        )


def _last_push(case: Case, one: f.FinalListing) -> int | None:
    listing = case.history.listings.get((one.channel, one.sku))
    return listing.pushes[-1].quantity if listing is not None and listing.pushes else None
