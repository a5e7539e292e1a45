"""Listings that are wrong at rest although the subject read the right stock by API, and pushed nothing after that.

A webhook told it of the other changes. So what it reads by itself does not lead to a push.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.lacking import CHECKS
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.history.unsent import Unsent
from stockstorm.reports.result import Diagnosis, verb
from stockstorm.simulator.history import facts as f

LISTINGS_MIN: Final = 2
SHARE_MIN: Final = 0.8


class ReadNotPushed(Diagnose):
    name = "read_not_pushed"
    checks = CHECKS
    at_rest = True
    after = (
        "no_call",
        "stops",
        "channel_frozen",
        "overtaken",
        "pushed_before",
        "push_forgotten",
        "burst_end",
        "lacking_at_failure",
    )

    def __call__(self, case: Case) -> Iterator[Found]:
        wrong = right_and_wrong(case)[1]
        unsent = _last_unsent(case)
        found: list[tuple[f.FinalListing, Unsent]] = []
        for one in wrong:
            event = unsent.get(one.sku)
            if event is not None and event.shown_ns <= case.history.end_ns and not _pushed_since(case, one, event):
                found.append((one, event))
        if len(found) < max(LISTINGS_MIN, SHARE_MIN * len(wrong)):
            return
        yield Found(
            Diagnosis(
                self.name,
                f"{len(found)} of {len(wrong)} wrong listings "
                f"{verb(len(found), 'lack')} a change that was never sent; the service read the "
                "stock after it by API, and pushed nothing after that: what it reads leads to no push",
                (
                    "wrong: "
                    + quoted(
                        f"{one.sku} on {one.channel} shows {one.listed}, read at {case.when(event.shown_ns)}"
                        for one, event in found
                    ),
                ),
                "push the listings of the SKUs whose stock a read changes, as after a webhook",
                case.consequences(*CHECKS),
                min(event.shown_ns for _, event in found),
            ),
            frozenset(f"listing {one.channel} {one.sku}" for one, _ in found),
        )


def _last_unsent(case: Case) -> dict[str, Unsent]:
    """By SKU: the event of its last change, where that was never sent and an answer showed it."""
    last = {final.sku: final.version for final in case.history.all(f.FinalStock)}
    return {
        one.event.sku: one
        for one in case.history.unsent
        if one.event.sku and one.event.version == last.get(one.event.sku)
    }


def _pushed_since(case: Case, final: f.FinalListing, event: Unsent) -> bool:
    listing = case.history.listings.get((final.channel, final.sku))
    times = [] if listing is None else [push.at_ns for push in listing.pushes]
    return bisect_right(times, event.shown_ns) < len(times)
