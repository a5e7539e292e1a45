"""One marketplace is down, and pushes to the others wait for it."""

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

from stockstorm.reports.checkers.channel_outage import pairs_of_others
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.history.marketplaces import Outage
from stockstorm.reports.history.sync_pairs import SyncPair
from stockstorm.reports.result import Diagnosis
from stockstorm.reports.statistics.quantiles import quantile

PAIRS_MIN: Final = 20  # in the outage, and outside
TIMES_MIN: Final = 5.0  # slower in the median
MEDIAN_MIN_MS: Final = 300.0
CHECKS: Final = (
    "channel_outage", "sync_latency", "drift", "oversell", "crisis_time", "refused_though_available", "lost_units",
)  # fmt: skip


class _Medians(NamedTuple):
    """Of the latency of changes to other channels, in milliseconds."""

    inside: float
    outside: float


class ChannelBlocksOthers(Diagnose):
    name = "channel_blocks_others"
    checks = CHECKS

    def __call__(self, case: Case) -> Iterator[Found]:
        history = case.history
        inside = list(pairs_of_others(history)) if history.outages else []
        for outage in history.outages:
            if any(one.begin_ns < outage.end_ns and outage.begin_ns < one.end_ns for one in history.fault_intervals):
                continue  # what ended then explains it as well
            here = [pair for pair in inside if outage.begin_ns <= pair.fired_ns < outage.end_ns]
            elsewhere = [pair for pair in history.owed_pairs if _calm(history.outages, outage, pair)]
            medians = _blocked(here, elsewhere)
            if medians is not None:
                yield self._found(case, outage, here, elsewhere, medians)

    def _found(
        self, case: Case, outage: Outage, here: list[SyncPair], elsewhere: list[SyncPair], medians: _Medians
    ) -> Found:
        others = ", ".join(sorted({pair.channel for pair in here}))
        slow = sum(pair.latency_ms > TIMES_MIN * medians.outside for pair in here)
        return Found(
            Diagnosis(
                self.name,
                f"while {outage.channel} was down, changes took {_text(medians.inside)} (median) to {others}, which "
                f"were up; at other times {_text(medians.outside)}",
                (
                    (
                        f"{outage.channel} was down from {case.when(outage.begin_ns)} for "
                        f"{(outage.end_ns - outage.begin_ns) / 1e9:.1f} s"
                    ),
                    (
                        f"{slow:,} of {len(here):,} changes took more than {TIMES_MIN:g} times as long as the median "
                        f"of {len(elsewhere):,} others"
                    ),
                ),
                "push to each marketplace by a queue, a task or a worker of its own, so that a slow answer, a timeout "
                "or a wait for one holds up no other",
                case.consequences(*CHECKS),
                outage.begin_ns,
            ),
            frozenset(f"pair {pair.channel} {pair.seq}" for pair in here),
        )


def _calm(outages: tuple[Outage, ...], about: Outage, pair: SyncPair) -> bool:
    """Whether a pair of another channel lies outside all outages."""
    if pair.channel == about.channel:
        return False
    return not any(one.begin_ns < pair.ended_ns and pair.fired_ns < one.told_ns for one in outages)


def _blocked(here: list[SyncPair], elsewhere: list[SyncPair]) -> _Medians | None:
    """The medians, if changes were much slower in the outage."""
    if len(here) < PAIRS_MIN or len(elsewhere) < PAIRS_MIN:
        return None
    inside, outside = (quantile(sorted(pair.latency_ms for pair in some), 0.5) for some in (here, elsewhere))
    slow = inside >= max(MEDIAN_MIN_MS, TIMES_MIN * outside)
    return _Medians(inside, outside) if slow and math.isfinite(outside) else None


def _text(ms: float) -> str:
    return "for ever" if math.isinf(ms) else f"{ms:,.0f} ms"
