"""Calls that are throttled because the subject repeats them at once."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.result import Diagnosis
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import MILLISECOND_NS

SHARE_MIN: Final = 0.1
WAIT_MAX_MS: Final = 100.0
THROTTLED_MIN: Final = 20


class OwnRetries(Diagnose):
    name = "own_retries"
    after = ("needless_reads",)

    def __call__(self, case: Case) -> Iterator[Found]:
        last_throttled: dict[tuple[str, str], int] = {}
        gaps, throttled = list[float](), 0
        for call in case.calls:
            key = (call.api, call.operation)
            before = last_throttled.pop(key, 0)
            if before:
                gaps.append((call.at_ns - before) / MILLISECOND_NS)
            if (call.outcome == "throttled" or call.status == 429) and not call.injected:
                throttled += 1
                last_throttled[key] = call.at_ns
        if throttled < max(THROTTLED_MIN, SHARE_MIN * len(case.calls)) or not gaps:
            return
        median = quantile(sorted(gaps), 0.5)
        if median > WAIT_MAX_MS:
            return
        yield Found(
            Diagnosis(
                self.name,
                f"{throttled:,} of {len(case.calls):,} calls were throttled, and repeated after {median:.1f} ms in the "
                "median: the service throttles itself",
                (f"a bucket refills by its rate only; {len(gaps):,} calls followed a throttled one at once",),
                "wait before a retry: as long as extensions.cost.throttleStatus tells, or twice as long each time, "
                "with "
                "some chance in it; and write many changes in one call",
                case.consequences("retry_discipline", "sync_latency", "order_latency", "crisis_time", "oversell"),
            )
        )
