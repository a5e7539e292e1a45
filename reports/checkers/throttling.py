"""Throttling: whether the subject waits before it tries a throttled call again.

A subject that tries again at once is refused until the bucket has refilled. It is invalid if it does so all the time.
The proof is the idempotency key: the same call came again before the points of one mutation can be there, in half of
the cases. Without a key, the next call of the operation may be another worker's, so the limits are wider: many calls
throttled, a large share of all, and hardly a wait. Left out are calls that came again later with their own key, and
those over many kept connections: if each of them would wait for APART_MS in its turn, the next is mostly another's.

A marketplace says by Retry-After how long to wait. A subject is invalid if it mostly pushes the same rows again before
that, or reads again at once, which nothing but the refusal explains (`history.told_to_wait`).
"""

from bisect import bisect_right
from collections import Counter
from typing import Final

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.history.told_to_wait import PUSH, ToldToWait, TooEarly
from stockstorm.reports.result import Check, Finding, Incident, Tally, counted, unknown, verb
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.limits import MUTATION_COST, RESTORE_PER_S

THROTTLED_MIN: Final = 50
SHARE_MAX: Final = 0.3
WAIT_MS: Final = 20.0  # to the next call of the operation; less where the bucket refills faster
REPEATS_MIN: Final = 20  # with one key
REPEATS_SHARE: Final = 0.8  # of the time in which the points of one mutation are restored
APART_MS: Final = 500.0  # half of what Shopify asks a worker to wait
EARLY_MIN: Final = 3  # pushes again before Retry-After
EARLY_SHARE: Final = 0.5
SHOWN_MIN_NS: Final = 100 * MILLISECOND_NS  # shorter waits are told in milliseconds


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
        Measure(
            "throttling.told",
            "pushes told to wait",
            "count",
            "pushes to marketplaces that were answered with Retry-After",
        ),
        Measure(
            "throttling.early",
            "pushes before Retry-After",
            "count",
            "of them, those whose rows were pushed again before that time",
        ),
        Measure(
            "throttling.early_reads",
            "reads before Retry-After",
            "count",
            "reads of marketplaces that were answered with Retry-After, and followed by another one before that time",
        ),
        Measure(
            "throttling.hasty_reads",
            "reads at once after Retry-After",
            "count",
            "of them, those that came far sooner than reads follow each other where nothing fails",
        ),
    )

    def __call__(self, history: History) -> Check:
        calls = history.all(f.ApiCalled)
        if not calls:
            return unknown(self.name, "the subject called no API")
        throttled = [call for call in calls if is_throttled(call)]
        measures = {"throttling.calls": float(len(throttled))}
        tally, reasons = Tally(), list[str]()
        if throttled:
            reasons.append(_hammering(history, calls, throttled, measures, tally))
        if early := _too_early(history, measures, tally):
            reasons.append(early)
        if not reasons:
            return tally.check(self.name, "valid", f"none of {counted(len(calls), 'call')} was throttled", measures)
        verdict: Finding = "invalid" if tally.total else "valid"
        return tally.check(self.name, verdict, "; ".join(reasons), measures)

    def exposure(self, history: History) -> dict[str, int]:
        told = history.told_to_wait
        found = {"calls throttled": sum(map(is_throttled, history.all(f.ApiCalled)))}
        counts = {"pushes told to wait": told.pushes, "reads told to wait": told.reads}
        return found | {words: count for words, count in counts.items() if count}


def _hammering(
    history: History,
    calls: list[f.ApiCalled],
    throttled: list[f.ApiCalled],
    measures: dict[str, float],
    tally: Tally,
) -> str:
    """What is seen of throttled calls. Adds measures, and an incident if they come again at once all the time."""
    ((api, _),) = Counter(call.api for call in throttled).most_common(1)  # of those with as many, the first one
    refused, of_api = [c for c in throttled if c.api == api], [call for call in calls if call.api == api]
    share, gaps = len(refused) / len(of_api), sorted(_gaps(refused, of_api))
    measures["throttling.share"] = share
    restored_ms = _restored_ms(history, api)
    seen = (
        f"{len(refused):,} of {counted(len(of_api), 'call')} to the {_title(api)} "
        f"{verb(len(refused), 'were')} throttled"
    )
    if gaps:
        measures["throttling.gap_ms.p50"] = quantile(gaps, 0.5)
        seen += f", with {quantile(gaps, 0.5):,.1f} ms (median) before the next try"
    waits = _same_call(refused, of_api)
    if same := sorted(waits.values()):
        measures["throttling.same_call_ms.p50"] = quantile(same, 0.5)
    if len(same) >= REPEATS_MIN and quantile(same, 0.5) < REPEATS_SHARE * restored_ms:
        seen += f", {quantile(same, 0.5):,.1f} ms (median) before the same call came again"
    else:
        others = [call for call in refused if waits.get(call.request, 0.0) < REPEATS_SHARE * restored_ms]
        if not _hammers(history, others, of_api, min(WAIT_MS, restored_ms)):
            return seen
    tally.add(_incident(history, refused, seen, restored_ms))
    return f"{seen}: it does not wait for points"


def _hammers(history: History, refused: list[f.ApiCalled], calls: list[f.ApiCalled], wait_ms: float) -> bool:
    """Whether these are many calls, a large share of all, and hardly a wait follows them."""
    if len(refused) < max(THROTTLED_MIN, SHARE_MAX * len(calls)):
        return False
    gaps = sorted(_gaps(refused, calls))
    if not gaps or quantile(gaps, 0.5) >= wait_ms:
        return False
    return quantile(gaps, 0.5) * _connections(history, refused) < APART_MS


def _connections(history: History, refused: list[f.ApiCalled]) -> float:
    """Connections that were kept, and carried a request within a second, while calls were throttled: the median."""
    first, last = refused[0].at_ns, refused[-1].at_ns + SECOND_NS
    found = sorted(
        float(min(sample.api_connections, sample.api_used))
        for sample in history.all(f.GeneratorSampled)
        if sample.api_connections is not None and first <= sample.at_ns <= last
    )
    return max(1.0, quantile(found, 0.5)) if found else 1.0


def _too_early(history: History, measures: dict[str, float], tally: Tally) -> str:
    """What is seen of Retry-After; empty if no marketplace said it. Adds measures, and incidents if it is ignored."""
    found = history.told_to_wait
    if not found.pushes and not found.reads:
        return ""
    early = found.early_pushes
    measures["throttling.told"] = float(found.pushes)
    measures["throttling.early"] = float(len(early))
    measures["throttling.early_reads"] = float(found.early_reads)
    measures["throttling.hasty_reads"] = float(len(found.hasty_reads))
    parts = [f"{len(early):,} of {_pushes(found.pushes)} told to wait came again earlier"] if found.pushes else []
    if reads_at_once(found) or not parts:
        parts.append(f"{len(found.hasty_reads):,} of {counted(found.reads, 'read')} told to wait came again at once")
    seen, ignored = ", and ".join(parts), too_early(found)
    if not ignored:
        return seen
    for one in ignored:
        if tally.full:
            tally.count()
        else:
            tally.add(_early_incident(history, one))
    return f"{seen}: it does not wait as Retry-After says"


def _pushes(count: int) -> str:
    return "1 push" if count == 1 else f"{count:,} pushes"


def ignores_retry_after(found: ToldToWait) -> bool:
    """Whether pushes come again before Retry-After so often that it is no accident; of 429, of 503, or of both."""
    early = Counter(one.told.status for one in found.early_pushes)
    return any(early[status] >= max(EARLY_MIN, EARLY_SHARE * told) for status, told in found.statuses.items())


def reads_at_once(found: ToldToWait) -> bool:
    """Whether reads come again at once, before Retry-After, so often that it is no accident."""
    return len(found.hasty_reads) >= max(EARLY_MIN, EARLY_SHARE * found.reads)


def too_early(found: ToldToWait) -> tuple[TooEarly, ...]:
    """What proves that the subject does not wait as told, in order of time. Empty if nothing does."""
    pushes = found.early_pushes if ignores_retry_after(found) else ()
    reads = found.hasty_reads if reads_at_once(found) else ()
    return tuple(sorted((*pushes, *reads), key=lambda one: one.told.at_ns))


def _early_incident(history: History, one: TooEarly) -> Incident:
    told, again = one.told, one.again
    waited = (
        f"{one.waited_ns / SECOND_NS:.1f} s"
        if one.waited_ns >= SHOWN_MIN_NS
        else f"{one.waited_ns / MILLISECOND_NS:.1f} ms"
    )
    what, again_ = ("a push", "the same rows") if told.operation == PUSH else (told.operation, "such a call")
    text = (
        f"{told.api} answered {what} at {history.offset(told.at_ns)} with {told.status or 'nothing'} and Retry-After: "
        f"{told.retry_after_s}; {again_} came again after {waited}"
    )
    return Incident("early_retry", told.at_ns, text, channel=told.api, requests=(told.request, again.request))


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


def _same_call(refused: list[f.ApiCalled], calls: list[f.ApiCalled]) -> dict[int, float]:
    """By throttled call, the milliseconds to the next try with the same idempotency key, of those that came again."""
    begun: dict[str, list[int]] = {}
    for call in calls:
        if call.key:
            begun.setdefault(call.key, []).append(call.started_ns or call.at_ns)
    found = {}
    for call in refused:
        later = [start for start in begun.get(call.key, ()) if start > call.at_ns]
        if later:
            found[call.request] = (min(later) - call.at_ns) / 1e6
    return found


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
