"""What changed while a marketplace was down was not pushed to it after its return."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.history.marketplaces import Outage
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

LISTINGS_MIN: Final = 2
SHARE_MIN: Final = 0.5  # of the wrong listings of the marketplace
BEFORE_NS: Final = SECOND_NS  # a change this shortly before an outage is pushed in it
CHECKS: Final = (
    "drift", "sync_latency", "channel_outage", "oversell", "crisis_time", "refused_though_available", "lost_units",
)  # fmt: skip


class OutageForgotten(Diagnose):
    name = "outage_forgotten"
    checks = CHECKS
    at_rest = True

    def __call__(self, case: Case) -> Iterator[Found]:
        if not case.history.outages:
            return
        right, wrong = right_and_wrong(case)
        moved = _moved(case)
        for outage in case.history.outages:
            of_channel = [one for one in wrong if one.channel == outage.channel]
            missed = [one for one in of_channel if _missed(case, outage, one, moved.get(one.sku, []))]
            if len(missed) >= max(LISTINGS_MIN, SHARE_MIN * len(of_channel)):
                same = sum(one.channel == outage.channel for one in right)
                yield self._found(case, outage, missed, same)

    def _found(self, case: Case, outage: Outage, missed: list[f.FinalListing], right: int) -> Found:
        channel = outage.channel
        calls = [call for call in case.calls if call.api == channel and call.operation == "PUT listings"]
        tried = sum(outage.begin_ns <= call.at_ns < outage.end_ns for call in calls)
        after = sum(call.at_ns >= outage.end_ns for call in calls)
        ended = case.when(outage.end_ns)
        return Found(
            Diagnosis(
                self.name,
                f"{counted(len(missed), 'listing')} of {channel} changed while it was down and "
                f"{verb(len(missed), 'were')} not pushed after its return at {ended}",
                (
                    (
                        f"{counted(tried, 'push', 'pushes')} to {channel} in the outage and {after:,} after it; "
                        f"{counted(right, 'listing')} of {channel} {verb(right, 'are')} right"
                    ),
                    "wrong: " + quoted(f"{one.sku} shows {one.listed}" for one in missed),
                ),
                "keep what could not be pushed, also while a circuit breaker is open, and push it once the marketplace "
                "answers again",
                case.consequences(*CHECKS),
                outage.begin_ns,
            ),
            frozenset(f"listing {one.channel} {one.sku}" for one in missed),
        )


def _moved(case: Case) -> dict[str, list[int]]:
    """By SKU: when its stock changed, in the master or on a marketplace."""
    found: dict[str, list[int]] = {}
    for change in case.history.all(f.StockChanged):
        found.setdefault(change.sku, []).append(change.at_ns)
    for effect in case.history.orders.effects:
        found.setdefault(effect.sku, []).append(effect.at_ns)
    for times in found.values():
        times.sort()
    return found


def _missed(case: Case, outage: Outage, one: f.FinalListing, moved: list[int]) -> bool:
    """Whether the first change after the last push of a listing came in the outage, or just before it."""
    listing = case.history.listings.get((one.channel, one.sku))
    pushed_ns = listing.push_times_ns[-1] if listing is not None and listing.push_times_ns else case.history.start_ns
    place = bisect_right(moved, pushed_ns)
    return place < len(moved) and outage.begin_ns - BEFORE_NS <= moved[place] < outage.told_ns
