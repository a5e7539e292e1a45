"""Listings that are wrong at rest because their marketplace did not take the last push, which was not sent again.

The history names the rows that were rejected, and those of failed calls, so no window of time is needed. A row whose
listing is right all the same had nothing to be sent again for.
"""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.overtaken import last_moved_ns
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.history import facts as f

CHECKS: Final = (
    "drift",
    "sync_latency",
    "nothing_lost",
    "oversell",
    "crisis_time",
    "refused_though_available",
    "lost_units",
)
ANSWERS: Final = "read the answer of every push, row by row, and send again what was refused, failed or got no answer"
SHARE_MIN: Final = 0.6  # of the wrong listings


class PushForgotten(Diagnose):
    name = "push_forgotten"
    checks = CHECKS
    at_rest = True
    after = ("no_call",)

    def __call__(self, case: Case) -> Iterator[Found]:
        found, wrong = not_taken(case), len(right_and_wrong(case)[1])
        if not found:
            return
        shown = (
            f"{one.sku} on {one.channel} shows {one.listed}; refused at {case.when(at_ns)}" for one, at_ns in found
        )
        yield Found(
            Diagnosis(
                self.name,
                f"{len(found)} of {wrong} wrong listings: their marketplace did not take the last push, and it "
                "was never sent again",
                (f"wrong: {quoted(shown)}",),
                ANSWERS,
                case.consequences(*CHECKS),
                min(at_ns for _, at_ns in found),
            ),
            frozenset(f"listing {one.channel} {one.sku}" for one, _ in found),
        )


def not_taken(case: Case) -> list[tuple[f.FinalListing, int]]:
    """Wrong listings whose last push was not taken, though it came after the last change of stock; and when it came.

    Empty where they are not most of the wrong ones.
    """
    refused = {(left.channel, sku): left.at_ns for left in case.history.all(f.RowsNotListed) for sku in left.skus}
    taken = {(push.channel, push.sku): push.at_ns for push in case.history.all(f.ListingPushed)}
    wrong, found = right_and_wrong(case)[1], list[tuple[f.FinalListing, int]]()
    for one in wrong:
        at_ns = refused.get((one.channel, one.sku), 0)
        if at_ns > max(taken.get((one.channel, one.sku), 0), last_moved_ns(case, one.sku)):
            found.append((one, at_ns))
    return found if len(found) >= SHARE_MIN * len(wrong) else []
