"""Throttled calls that the subject repeats at once, whatever made the first one fail."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.checkers.throttling import is_throttled
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, ordered
from stockstorm.reports.result import Diagnosis, verb
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f

SHARE_MIN: Final = 0.1
WAIT_MAX_MS: Final = 100.0
THROTTLED_MIN: Final = 20
SHOWN: Final = 3
CHECKS: Final = (
    "throttling", "retry_discipline", "sync_latency", "order_latency", "crisis_time", "oversell",
)  # fmt: skip


class OwnRetries(Diagnose):
    name = "own_retries"
    checks = CHECKS
    after = ("needless_reads",)

    def __call__(self, case: Case) -> Iterator[Found]:
        last: dict[tuple[str, str], int] = {}
        gaps, throttled = list[float](), list[f.ApiCalled]()
        for call in case.calls:
            key = (call.api, call.operation)
            if before := last.pop(key, 0):
                gaps.append((call.at_ns - before) / MILLISECOND_NS)
            if is_throttled(call):
                throttled.append(call)
                last[key] = call.at_ns
        if len(throttled) < max(THROTTLED_MIN, SHARE_MIN * len(case.calls)) or not gaps:
            return
        median = quantile(sorted(gaps), 0.5)
        if median > WAIT_MAX_MS:
            return
        at_once = sum(gap <= WAIT_MAX_MS for gap in gaps)
        own = sum(not call.injected for call in throttled)
        what = list(ordered(f"{call.operation} ({call.api})" for call in throttled))
        yield Found(
            Diagnosis(
                self.name,
                f"{len(throttled):,} of {len(case.calls):,} calls "
                f"{verb(len(throttled), 'were')} throttled, and repeated after {median:.1f} ms "
                f"in the median: the service {'throttles itself' if 2 * own > len(throttled) else 'does not wait'}",
                (
                    (
                        f"{at_once:,} of {len(gaps):,} throttled calls were followed by one of their kind within "
                        f"{WAIT_MAX_MS:.0f} ms; a bucket refills by its rate only"
                    ),
                    "throttled: " + ", ".join(f"{count:,} of {operation}" for operation, count in what[:SHOWN]),
                ),
                "wait before a retry: as long as extensions.cost.throttleStatus tells, or twice as long each time, "
                "with some chance in it; write many changes in one call, and read only what changed",
                case.consequences(*CHECKS),
            )
        )
