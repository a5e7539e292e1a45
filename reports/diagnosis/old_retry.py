"""Listings that are wrong at rest because a push that had failed was sent again as it was.

The last push came after failed ones to the same marketplace, and the listing lacks a change that came between the first
of these and the push. A retry that reads anew what to push has that change. Another marketplace shows the SKU rightly,
so the service knows of the change.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.lacking import CHECKS, first_lacking
from stockstorm.reports.diagnosis.pauses import begun_ns, is_taken, pushes_by_channel
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f

LISTINGS_MIN: Final = 5
SHARE_MIN: Final = 0.6  # of the wrong listings
KNOWN_NS: Final = 500 * MILLISECOND_NS  # from a change to a push that should have it
EXPLAINED: Final = (*CHECKS, "channel_outage", "stale_overwrite")


class _Resent(NamedTuple):
    final: f.FinalListing
    push: f.ListingPushed
    failed_ns: int  # when the first of the failed pushes began
    change_ns: int  # when the change came that the listing lacks


class OldRetry(Diagnose):
    name = "old_retry"
    checks = EXPLAINED
    at_rest = True
    after = ("no_call", "stops", "channel_frozen")

    def __call__(self, case: Case) -> Iterator[Found]:
        right, wrong = right_and_wrong(case)
        known = {one.sku for one in right}
        lacked, failed = first_lacking(case, wrong), _failed_before(case)
        found = []
        for one in wrong:
            listing, change = case.history.listings.get((one.channel, one.sku)), lacked.get((one.channel, one.sku))
            push = listing.pushes[-1] if listing is not None and listing.pushes else None
            began_ns = failed.get(push.request) if push is not None else None
            if push is None or change is None or began_ns is None or one.sku not in known:
                continue
            if began_ns <= change.at_ns <= push.at_ns - KNOWN_NS:
                found.append(_Resent(one, push, began_ns, change.at_ns))
        if len(found) < max(LISTINGS_MIN, SHARE_MIN * len(wrong)):
            return
        yield Found(
            Diagnosis(
                self.name,
                f"{len(found)} of {len(wrong)} wrong listings were last set by a push that followed failed ones, and "
                "lack a change from between: what had failed was sent again as it was",
                (
                    quoted(
                        f"{one.final.sku} on {one.final.channel} was set to {one.push.quantity} at "
                        f"{case.when(one.push.at_ns)}, as before the change at {case.when(one.change_ns)}"
                        for one in found
                    ),
                    f"pushes to {found[0].final.channel} had failed from {case.when(found[0].failed_ns)} on",
                ),
                "keep which SKUs are to be pushed, and read their quantities anew for each try",
                case.consequences(*EXPLAINED),
                min(one.push.at_ns for one in found),
            ),
            frozenset(f"listing {one.final.channel} {one.final.sku}" for one in found),
        )


def _failed_before(case: Case) -> Mapping[int, int]:
    """By the request of each push that was taken right after failed ones: when the first of these began."""
    found: dict[int, int] = {}
    for pushes in pushes_by_channel(case).values():
        began_ns = None
        for call, later in pairwise(pushes.calls):
            if is_taken(call):
                began_ns = None
            elif began_ns is None:
                began_ns = begun_ns(call)
            if began_ns is not None and is_taken(later):
                found[later.request] = began_ns
    return found
