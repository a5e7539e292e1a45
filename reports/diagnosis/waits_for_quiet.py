"""Pushes that come only when nothing was told for a while: a delay that begins anew with every event.

The time between an event and a push says little, because a push of any subject follows an event. So it must be seldom
that nothing was told for so long, and every push must have come at such a time.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.result import Diagnosis, counted
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.history import facts as f

QUIET_MIN_NS: Final = 50 * MILLISECOND_NS
SPREAD: Final = 0.8  # of the shortest quiet before a push: what chance may hit as well
CHANCE_MAX: Final = 0.005
SHARE_MAX: Final = 0.2  # of the time, that is so quiet
HELD_UP: Final = 5  # as long as the longest quiet, and
EVENTS_MIN: Final = 20  # so many events: between two pushes
CHECKS: Final = ("sync_latency", "crisis_time", "trend", "oversell", "refused_though_available")


class Quiet(NamedTuple):
    """How long nothing had been told before the pushes, and the longest time without a push."""

    least_ns: int
    most_ns: int
    times: int  # at which there was a push
    share: float  # of the time, in which it was as quiet
    held_ns: int
    held_from_ns: int
    events: int


class WaitsForQuiet(Diagnose):
    name = "waits_for_quiet"
    checks = CHECKS
    after = ("process_ended", "unreachable", "no_call", "held_over", "stops")

    def __call__(self, case: Case) -> Iterator[Found]:
        news = sorted(one.ended_ns for one in case.genuine if one.outcome == "acknowledged")
        found = quiet_before(news, sorted({push.at_ns for push in case.history.all(f.ListingPushed)}))
        if found is None:
            return
        shown = f"{found.least_ns / MILLISECOND_NS:,.0f} ms"
        yield Found(
            Diagnosis(
                self.name,
                f"listings are pushed only when no event came for {shown}: under load they wait, for "
                f"{found.held_ns / SECOND_NS:,.1f} s at most",
                (
                    f"{counted(found.events, 'event')} came from {case.when(found.held_from_ns)} to the next push",
                    f"nothing came for {shown} before each push; it was as quiet in {found.share:.1%} of the time",
                ),
                "a delay that begins anew with each change (a debounce) needs a longest time, after which the push is "
                "made all the same",
                case.consequences(*CHECKS),
                found.held_from_ns,
            )
        )


def quiet_before(news: Sequence[int], pushes: Sequence[int]) -> Quiet | None:
    """The quiet before every push, where that is no chance and held them up. Both are sorted times."""
    pushes = pushes[bisect_left(pushes, news[0]) :] if news else ()
    if not pushes:
        return None
    places = [bisect_right(news, at_ns) for at_ns in pushes]
    waited = [at_ns - news[place - 1] for at_ns, place in zip(pushes, places, strict=True)]
    least, most = min(waited), max(waited)
    held = max(pairwise((news[0], *pushes)), key=lambda pair: pair[1] - pair[0])
    events = bisect_left(news, held[1]) - bisect_left(news, held[0])
    gaps = [later - earlier for earlier, later in pairwise((*news, max(pushes[-1], news[-1])))]
    total, from_ns = max(1, sum(gaps)), SPREAD * least
    share = sum(max(0.0, min(gap, most) - from_ns) for gap in gaps) / total
    times = len(set(places))
    seldom = share <= SHARE_MAX and share**times <= CHANCE_MAX
    if least < QUIET_MIN_NS or not seldom or held[1] - held[0] < HELD_UP * most or events < EVENTS_MIN:
        return None
    return Quiet(least, most, times, share, held[1] - held[0], held[0], events)
