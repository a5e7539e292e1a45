"""Listings that show too much by just the units that orders of the own store have committed.

Shopify's `on_hand` still holds these until the order is shipped; `available` does not. A service that reads `on_hand`
lists what webhooks told rightly, and puts sold units back with its next read. That tells it from one that never hears
of the own store's orders, whose listings do not rise.
"""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis, units
from stockstorm.simulator.history import facts as f

SKUS_MIN: Final = 5
SHARE_MIN: Final = 0.8  # of the wrong listings
RISEN_MIN: Final = 0.5  # of these
COMMITS: Final = frozenset({"sale", "cancellation"})


class CommittedListed(Diagnose):
    name = "committed_listed"
    checks = ("drift", "stale_overwrite", "sync_latency", "oversell", "put_back", "unexplained_push")
    at_rest = True
    after = ("no_call", "stops", "channel_frozen")

    def __call__(self, case: Case) -> Iterator[Found]:
        wrong, held = right_and_wrong(case)[1], case.history.safety_stock
        stock = {final.sku: final.available for final in case.history.all(f.FinalStock)}
        committed: dict[str, int] = {}
        for change in case.history.all(f.StockChanged):
            if change.cause in COMMITS:
                committed[change.sku] = committed.get(change.sku, 0) - change.delta
        fit = [
            one
            for one in wrong
            if committed.get(one.sku, 0) > 0 and one.listed - (stock[one.sku] - held) == committed[one.sku]
        ]
        skus = {one.sku for one in fit}
        if len(skus) < SKUS_MIN or len(fit) < SHARE_MIN * len(wrong):
            return
        risen = sum(_rose(case, one) for one in fit)
        if risen < RISEN_MIN * len(fit):
            return
        yield Found(
            Diagnosis(
                self.name,
                f"{len(fit)} of {len(wrong)} wrong listings show too much by just the units that the own store sold: a "
                "read takes another state of the stock, such as `on_hand`, for `available`",
                (
                    f"{risen} of {len(fit)} had shown less before, as webhooks told, and were raised again",
                    "wrong: "
                    + quoted(
                        f"{one.sku} on {one.channel} shows {one.listed} of {stock[one.sku]}, and the store sold "
                        f"{units(committed[one.sku])}"
                        for one in fit
                    ),
                ),
                'read `quantities(names: ["available"])`: units that orders have committed stay in `on_hand` until '
                "they are shipped",
                case.consequences(*self.checks),
            ),
            frozenset(f"listing {one.channel} {one.sku}" for one in fit),
        )


def _rose(case: Case, one: f.FinalListing) -> bool:
    """Whether a push had set less than it shows in the end."""
    listing = case.history.listings.get((one.channel, one.sku))
    return listing is not None and any(push.quantity < one.listed for push in listing.pushes)
