"""Pushes that hold one listing each while many others wait: the number of calls is what makes them late."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.result import Diagnosis
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f

CALLS_MIN: Final = 50
SINGLE_MIN: Final = 0.9  # of the calls
CHECKS: Final = ("sync_latency", "crisis_time", "trend", "oversell", "refused_though_available")
WAITING_MIN: Final = 5  # listings of the same marketplace, in the median


class OneByOne(Diagnose):
    name = "one_by_one"
    checks = CHECKS
    after = ("no_call", "stops")

    def __call__(self, case: Case) -> Iterator[Found]:
        rows, begun = Counter[int](), dict[int, tuple[str, int]]()
        for push in case.history.all(f.ListingPushed):
            rows[push.request] += 1
            begun.setdefault(push.request, (push.channel, push.at_ns))
        single = sum(count == 1 for count in rows.values())
        if len(rows) < CALLS_MIN or single < SINGLE_MIN * len(rows):
            return
        waiting = sorted(_waiting(case, list(begun.values())))
        if quantile(waiting, 0.5) < WAITING_MIN:
            return
        gaps = sorted(
            (later - earlier) / MILLISECOND_NS
            for channel in case.history.marketplaces
            for earlier, later in pairwise(at_ns for of, at_ns in begun.values() if of == channel)
        )
        yield Found(
            Diagnosis(
                self.name,
                f"{single:,} of {len(rows):,} pushes hold one listing each, while {quantile(waiting, 0.5):.0f} others "
                "of their marketplace wait in the median",
                (f"one comes {quantile(gaps, 0.5):,.0f} ms after the other, in the median",) if gaps else (),
                "push all listings that wait in one call: a PUT of listings takes many rows",
                case.consequences(*CHECKS),
            )
        )


def _waiting(case: Case, pushes: list[tuple[str, int]]) -> Iterator[float]:
    """For each push, how many listings of its channel owed a movement that the subject had heard of."""
    begins, ends = dict[str, list[int]](), dict[str, list[int]]()
    for pair in case.history.owed_pairs:
        begins.setdefault(pair.channel, []).append(pair.visible_ns)
        ends.setdefault(pair.channel, []).append(max(pair.visible_ns, pair.ended_ns))
    for times in (*begins.values(), *ends.values()):
        times.sort()
    for channel, at_ns in pushes:
        yield float(bisect_right(begins.get(channel, []), at_ns) - bisect_right(ends.get(channel, []), at_ns))
