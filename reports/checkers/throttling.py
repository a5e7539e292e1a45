"""Throttling: whether the subject waits before it tries a throttled call again.

Shopify refuses a call that the bucket has too few points for, and says how many it lacks. A subject that tries again at
once is refused again, for as long as the bucket needs to refill, and takes points from its own other calls. It is
invalid if it does so all the time: many calls throttled, a large share of all, and the next call of the same operation
begun before a refill is possible, in half of the cases. Refusals that the scenario injects do not count.
"""

from bisect import bisect_right
from typing import Final

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Incident, Tally, counted, unknown
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.limits import MUTATION_COST, RESTORE_PER_S

THROTTLED_MIN: Final = 50
SHARE_MAX: Final = 0.3
WAIT_MS: Final = 20.0  # at most; less where the bucket refills faster


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
    )

    def __call__(self, history: History) -> Check:
        calls = history.all(f.ApiCalled)
        if not calls:
            return unknown(self.name, "the subject called no API")
        tally, throttled = Tally(), [call for call in calls if is_throttled(call)]
        measures = {"throttling.calls": float(len(throttled))}
        if not throttled:
            return tally.check(self.name, "valid", f"none of {counted(len(calls), 'call')} was throttled", measures)
        api = max({call.api for call in throttled}, key=lambda api: sum(call.api == api for call in throttled))
        refused, of_api = [c for c in throttled if c.api == api], [call for call in calls if call.api == api]
        share, gaps = len(refused) / len(of_api), sorted(_gaps(refused, of_api))
        measures["throttling.share"] = share
        seen = f"{len(refused):,} of {counted(len(of_api), 'call')} to the {_title(api)} were throttled"
        if gaps:
            measures["throttling.gap_ms.p50"] = quantile(gaps, 0.5)
            seen += f", with {quantile(gaps, 0.5):,.1f} ms (median) before the next try"
        wait_ms = _wait_ms(history, api)
        if len(refused) >= THROTTLED_MIN and share >= SHARE_MAX and gaps and quantile(gaps, 0.5) < wait_ms:
            tally.add(_incident(history, refused, seen, wait_ms))
            return tally.check(self.name, "invalid", f"{seen}: it does not wait for points", measures)
        return tally.check(self.name, "valid", seen, measures)

    def exposure(self, history: History) -> dict[str, int]:
        return {"calls throttled": sum(map(is_throttled, history.all(f.ApiCalled)))}


def is_throttled(call: f.ApiCalled) -> bool:
    """Whether the API refused a call for want of points, and not because the scenario wanted it to fail."""
    return (call.outcome == "throttled" or call.status == 429) and not call.injected


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


def _wait_ms(history: History, api: str) -> float:
    """How long a client must wait at least before a call can succeed: until the points of one mutation are there."""
    if api != "admin":
        return WAIT_MS
    return min(WAIT_MS, MUTATION_COST / RESTORE_PER_S[history.scenario.shop.plan] * 1e3)


def _incident(history: History, refused: list[f.ApiCalled], seen: str, wait_ms: float) -> Incident:
    first, last = refused[0].at_ns, refused[-1].at_ns
    text = (
        f"{seen}, from {history.offset(first)} to {history.offset(last)}; points for a call are there after "
        f"{wait_ms:,.0f} ms at the earliest, and Shopify asks for a wait of a second"
    )
    return Incident("hammering", first, text)


def _title(api: str) -> str:
    return "Admin API" if api == "admin" else f"API of {api}"
