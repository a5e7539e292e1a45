"""Marketplaces say how long to wait, and the same rows come again before that."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from stockstorm.reports.checkers.throttling import ignores_retry_after
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
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
        if not ignores_retry_after(found):
            return
        early = found.early_pushes
        waited_s = quantile(sorted(one.waited_ns / SECOND_NS for one in early), 0.5)
        told_s = quantile(sorted(float(one.told.retry_after_s) for one in early), 0.5)
        channels = Counter(one.told.api for one in early)
        first = early[0]
        yield Found(
            Diagnosis(
                self.name,
                f"{len(early):,} of {found.pushes:,} pushes that marketplaces answered with Retry-After were repeated "
                f"before that time: after {waited_s:.1f} s (median) and not {told_s:.0f} s",
                (
                    ", ".join(f"{count:,} to {channel}" for channel, count in sorted(channels.items())),
                    (
                        f"first at {case.when(first.told.at_ns)}: {request_id(first.told.request)} was told to wait "
                        f"{first.told.retry_after_s} s, and {request_id(first.again.request)} came after "
                        f"{first.waited_ns / SECOND_NS:.1f} s"
                    ),
                ),
                "read the header Retry-After of a 429 and of a 503, and call that marketplace no earlier, from no "
                "process",
                case.consequences(*CHECKS),
                first.told.at_ns,
            ),
            frozenset(f"call {one.told.request}" for one in early),
        )
