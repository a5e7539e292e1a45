"""Throttling: whether the subject waits before it tries a throttled call again.

Shopify refuses a call that the bucket has too few points for, and says how many it lacks. A subject that tries again at
once is refused again, for as long as the bucket needs to refill. It is invalid if it does so all the time. The proof is
the idempotency key: the same call came again before the points of one mutation can be there, in half of the cases.
Calls without a key are judged by the next call of their operation, which may be another worker's. So the limits are
wider: many calls throttled, a large share of all, and hardly a wait. Why the bucket was empty makes no difference.
"""

from bisect import bisect_right
from collections import Counter
from typing import Final

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Incident, Tally, counted, unknown
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.limits import MUTATION_COST, RESTORE_PER_S

THROTTLED_MIN: Final = 50
SHARE_MAX: Final = 0.3
WAIT_MS: Final = 20.0  # to the next call of the operation; less where the bucket refills faster
REPEATS_MIN: Final = 20  # with one key
REPEATS_SHARE: Final = 0.8  # of the time in which the points of one mutation are restored


class Throttling(Checker):
    name = "throttling"
    measures = (
        Measure("throttling.calls", "calls throttled", "count", "calls of the subject that were throttled"),
        Measure("throttling.share", "share of calls throttled", "share", "share of the calls to the API it hit most"),
        Measure(
            "throttling.gap_ms.p50",
            "gap after a throttled call, median",
            "ms",
            "time from a throttled call to the next call of its operation, median",
            more_is_worse=False,
        ),
        Measure(
            "throttling.same_call_ms.p50",
            "gap before the same call, median",
            "ms",
            "time from a throttled call to the next try with the same idempotency key, median",
            more_is_worse=False,
        ),
    )

    def __call__(self, history: History) -> Check:
        calls = history.all(f.ApiCalled)
        if not calls:
            return unknown(self.name, "the subject called no API")
        tally, throttled = Tally(), [call for call in calls if is_throttled(call)]
        measures = {"throttling.calls": float(len(throttled))}
        if not throttled:
            return tally.check(self.name, "valid", f"none of {counted(len(calls), 'call')} was throttled", measures)
        ((api, _),) = Counter(call.api for call in throttled).most_common(1)  # of those with as many, the first one
        refused, of_api = [c for c in throttled if c.api == api], [call for call in calls if call.api == api]
        share, gaps = len(refused) / len(of_api), sorted(_gaps(refused, of_api))
        measures["throttling.share"] = share
        seen = f"{len(refused):,} of {counted(len(of_api), 'call')} to the {_title(api)} were throttled"
        if gaps:
            measures["throttling.gap_ms.p50"] = quantile(gaps, 0.5)
            seen += f", with {quantile(gaps, 0.5):,.1f} ms (median) before the next try"
        if same := _same_call(refused, of_api):
            measures["throttling.same_call_ms.p50"] = quantile(same, 0.5)
        restored_ms = _restored_ms(history, api)
        hammers = len(refused) >= THROTTLED_MIN and share >= SHARE_MAX and gaps
        if len(same) >= REPEATS_MIN and quantile(same, 0.5) < REPEATS_SHARE * restored_ms:
            seen += f", {quantile(same, 0.5):,.1f} ms (median) before the same call came again"
        elif not hammers or quantile(gaps, 0.5) >= min(WAIT_MS, restored_ms):
            return tally.check(self.name, "valid", seen, measures)
        tally.add(_incident(history, refused, seen, restored_ms))
        return tally.check(self.name, "invalid", f"{seen}: it does not wait for points", measures)

    def exposure(self, history: History) -> dict[str, int]:
        return {"calls throttled": sum(map(is_throttled, history.all(f.ApiCalled)))}


def is_throttled(call: f.ApiCalled) -> bool:
    """Whether the API refused a call for want of points."""
    return call.outcome == "throttled" or call.status == 429


def _gaps(refused: list[f.ApiCalled], calls: list[f.ApiCalled]) -> list[float]:
    """Milliseconds from each throttled answer to the next call of its operation."""
    begun: dict[str, list[int]] = {}
    for call in calls:
        begun.setdefault(call.operation, []).append(call.started_ns or call.at_ns)
    for starts in begun.values():
        starts.sort()
    found = []
    for call in refused:
        starts = begun[call.operation]
        index = bisect_right(starts, call.at_ns)
        if index < len(starts):
            found.append((starts[index] - call.at_ns) / 1e6)
    return found


def _same_call(refused: list[f.ApiCalled], calls: list[f.ApiCalled]) -> list[float]:
    """Milliseconds from each throttled answer to the next try with the same idempotency key, in ascending order."""
    begun: dict[str, list[int]] = {}
    for call in calls:
        if call.key:
            begun.setdefault(call.key, []).append(call.started_ns or call.at_ns)
    found = []
    for call in refused:
        later = [start for start in begun.get(call.key, ()) if start > call.at_ns]
        if later:
            found.append((min(later) - call.at_ns) / 1e6)
    return sorted(found)


def _restored_ms(history: History, api: str) -> float:
    """How long it takes until an empty bucket has the points of one mutation."""
    plan = history.scenario.shop.plan if api == "admin" else "standard"
    return MUTATION_COST / RESTORE_PER_S[plan] * 1e3


def _incident(history: History, refused: list[f.ApiCalled], seen: str, restored_ms: float) -> Incident:
    first, last = refused[0].at_ns, refused[-1].at_ns
    text = (
        f"{seen}, from {history.offset(first)} to {history.offset(last)}; an empty bucket has the "
        f"points of one mutation after {restored_ms:,.0f} ms, and Shopify asks for a wait of a second"
    )
    return Incident("hammering", first, text)


def _title(api: str) -> str:
    return "Admin API" if api == "admin" else f"API of {api}"
