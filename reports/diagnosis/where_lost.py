"""On which side of a subject's own stock a change was lost that a listing lacks: before it, or on the way to a push.

Told only where it is the same for all of them, of a subject that shows its own stock.
"""

from collections.abc import Collection
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.simulator.history import facts as f

ListingKey = tuple[str, str]  # channel, SKU
LISTINGS_MIN: Final = 3
NOT_APPLIED: Final = (
    "look at what the handler takes for old or known: how it compares times (offsets, fractions), versions and ids"
)
NOT_PUSHED: Final = (
    "look at what is between the stock and a push: a read before the commit, a quantity from a cache, a wake-up that "
    "is lost"
)
OF_ANOTHER: Final = "keep what a marketplace shows for each marketplace by itself, and wake the pushes of all"


class WhereLost(NamedTuple):
    """The end of the sentence of a cause, and what to look at. Empty: it cannot be told."""

    text: str = ""
    hint: str = ""


def where_lost(case: Case, listings: Collection[ListingKey]) -> WhereLost:
    """Where the changes were lost that these listings lack."""
    own = {probed.sku: probed.available for probed in case.history.all(f.StockProbed)}
    stock = {final.sku: final.available for final in case.history.all(f.FinalStock)}
    skus = {sku for _, sku in listings}
    if len(listings) < LISTINGS_MIN or not skus <= own.keys() & stock.keys():
        return WhereLost()
    known = {sku for sku in skus if own[sku] == stock[sku]}
    if not known:
        return WhereLost("; the service's own stock lacks them too", NOT_APPLIED)
    if known != skus:
        return WhereLost()
    right = {final.sku for final in right_and_wrong(case)[0]}
    if skus <= right:
        text = "; the service's own stock has them, and so has a listing of another marketplace"
        return WhereLost(text, OF_ANOTHER)
    return WhereLost("; the service's own stock has them, and they were not pushed", NOT_PUSHED)
