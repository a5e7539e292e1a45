"""Marketplaces say how long to wait, and the same rows come again before that."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from stockstorm.reports.checkers.throttling import too_early
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.history.told_to_wait import PUSH, ToldToWait, TooEarly
from stockstorm.reports.result import Diagnosis
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.api.exchange import request_id
from stockstorm.simulator.clock import SECOND_NS

CHECKS: Final = ("throttling", "retry_discipline", "sync_latency", "channel_outage", "crisis_time", "oversell")


class RetryAfterIgnored(Diagnose):
    name = "retry_after_ignored"
    checks = CHECKS

    def __call__(self, case: Case) -> Iterator[Found]:
        found = case.history.told_to_wait
        early = too_early(found)
        if not early:
            return
        waited_s = quantile(sorted(one.waited_ns / SECOND_NS for one in early), 0.5)
        told_s = quantile(sorted(float(one.told.retry_after_s) for one in early), 0.5)
        channels = Counter(f"{one.told.operation} to {one.told.api}" for one in early)
        first = early[0]
        yield Found(
            Diagnosis(
                self.name,
                f"{len(early):,} of {_told(found, early)} that marketplaces answered with Retry-After were repeated "
                f"before that time: after {_seconds(waited_s)} s (median) and not {told_s:.0f} s",
                (
                    ", ".join(f"{count:,} {what}" for what, count in sorted(channels.items())),
                    (
                        f"first at {case.when(first.told.at_ns)}: {request_id(first.told.request)} was told to wait "
                        f"{first.told.retry_after_s} s, and {request_id(first.again.request)} came after "
                        f"{_seconds(first.waited_ns / SECOND_NS)} s"
                    ),
                ),
                "read the header Retry-After of a 429 and of a 503, and call that marketplace no earlier, from no "
                "process",
                case.consequences(*CHECKS),
                first.told.at_ns,
            ),
            frozenset(f"call {one.told.request}" for one in early),
        )


def _told(found: ToldToWait, early: Sequence[TooEarly]) -> str:
    """How many calls of the kinds that came too early were told to wait."""
    kinds = {one.told.operation == PUSH for one in early}
    counts = ((True, found.pushes, "pushes"), (False, found.reads, "reads"))
    return " and ".join(f"{count:,} {words}" for pushes, count, words in counts if pushes in kinds)


def _seconds(seconds: float) -> str:
    """Of a retry at once, the milliseconds too."""
    return f"{seconds:.1f}" if seconds >= 0.1 else f"{seconds:.3f}"
