"""Retry discipline: how the subject uses the APIs that it calls.

It measures the gap between a throttled or failed call and the next call of its operation, and how many such retries
begin at once. One call that replaces many failed ones is one retry. It also measures how long good events waited behind
a dead-lettered one. A set without comparison that erased a change is invalid, whoever had made it: another actor, or
the subject itself (`history.lost_updates`).
So is a call that was tried again without a pause while it failed (`history.hammering`).
"""

from bisect import bisect_right
from collections import deque

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.evidence.off_stock import lost_update_text
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Incident, Tally, counted, unknown
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.scenarios.promises import CASES
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

AT_ONCE_NS = 50_000_000
WRITTEN_WITHIN_NS = 250_000_000  # of a marketplace's sale, by a subject that reads, calculates and writes


class RetryDiscipline(Checker):
    name = "retry_discipline"
    measures = (
        Measure(
            "retry_discipline.calls",
            "API calls",
            "count",
            "calls of the subject to the simulated APIs",
            more_is_worse=None,
        ),
        Measure("retry_discipline.throttled", "calls throttled", "count", "calls of the subject that were throttled"),
        Measure(
            "retry_discipline.failed", "calls failed", "count", "calls of the subject that were answered with a 5xx"
        ),
        Measure("retry_discipline.at_once.max", "retries at once", "count", "most retries that began within 50 ms"),
        Measure(
            "retry_discipline.gap_ms.p50",
            "gap before a retry, median",
            "ms",
            "time from a failed call to the next call of its operation, median",
            more_is_worse=False,
        ),
        Measure(
            "retry_discipline.gap_ms.min",
            "gap before a retry, shortest",
            "ms",
            "time from a failed call to the next call of its operation, shortest",
            more_is_worse=False,
        ),
        Measure(
            "retry_discipline_s.behind_poison.max",
            "head-of-line blocking, longest",
            "s",
            "age of the oldest good event behind a dead-lettered one when it took effect",
        ),
        Measure(
            "retry_discipline.tries_per_s.max",
            "tries of a failing call, most",
            "count",
            "most tries of one failing call within a second, where there was no pause between them",
        ),
        Measure("retry_discipline.erased", "changes erased", "count", "sets that erased a change"),
    )

    def __call__(self, history: History) -> Check:
        calls = history.all(f.ApiCalled)
        if not calls:
            return unknown(self.name, "the subject called no API")
        retries = _retries(calls)
        gaps = sorted((retry - failed) / 1e6 for failed, retry in retries)
        throttled = sum(map(_throttled, calls))
        measures = {
            "retry_discipline.calls": float(len(calls)),
            "retry_discipline.throttled": float(throttled),
            "retry_discipline.failed": float(sum(call.server_failed for call in calls)),
            "retry_discipline.at_once.max": float(_most_at_once(_retrying(calls))),
        }
        if gaps:
            measures["retry_discipline.gap_ms.p50"] = quantile(gaps, 0.5)
            measures["retry_discipline.gap_ms.min"] = gaps[0]
        notes = _head_of_line(history, measures)
        tally = _erased(history)
        erased = tally.total
        measures["retry_discipline.erased"] = float(erased)
        reasons = (
            [f"{counted(erased, 'set')} erased a change that {'it' if erased == 1 else 'they'} ignored"]
            if erased
            else []
        )
        if hammered := _hammered(history, tally):
            measures["retry_discipline.tries_per_s.max"] = float(hammered)
            count = len(history.hammered)
            verb = "was" if count == 1 else "were"
            reasons.append(f"{counted(count, 'failing call')} {verb} tried up to {hammered:,} times within a second")
        if reasons:
            return tally.check(self.name, "invalid", "; ".join(reasons), measures, notes)
        reason = f"{counted(len(calls), 'call')}, {throttled} throttled, and no set erased a change"
        return tally.check(self.name, "valid", reason, measures, notes)

    def exposure(self, history: History) -> dict[str, int]:
        calls = history.all(f.ApiCalled)
        sets = [fact for fact in history.all(f.StockChanged) if fact.cause == "subject_set"]
        return {
            **_contended(history),
            "calls throttled": sum(map(_throttled, calls)),
            "calls failed": sum(call.server_failed for call in calls),
            "levels set without comparison": sum(not fact.compared for fact in sets),
            "levels set with comparison": sum(fact.compared for fact in sets),
        }


def _contended(history: History) -> dict[str, int]:
    """How often somebody else changed a SKU while an order of it was to be written; nothing if nobody was meant to."""
    if history.last(f.RunStarted) is None or not history.scenario.quotas.corrected:
        return {}
    changes = [fact for fact in history.all(f.StockChanged) if fact.cause == "restock"]
    sold: dict[str, list[int]] = {change.sku: [] for change in changes}
    for sale in history.all(f.PurchaseAccepted):
        if sale.channel in history.marketplaces:
            for sku in sold.keys() & set(sale.skus):
                sold[sku].append(sale.at_ns)
    found = 0
    for change in changes:
        before = sold[change.sku]
        index = bisect_right(before, change.at_ns)
        found += index > 0 and before[index - 1] >= change.at_ns - WRITTEN_WITHIN_NS
    return {CASES["corrected"]: found}


def _head_of_line(history: History, measures: dict[str, float]) -> tuple[str, ...]:
    """Adds the age of the oldest good event behind a dead-lettered one. Returns a note on what cannot be measured."""
    found = history.head_of_line
    if found.longest_ns is not None:
        measures["retry_discipline_s.behind_poison.max"] = found.longest_ns / SECOND_NS
    if not found.dead_lettered or (found.longest_ns is not None and not found.undated):
        return ()
    if not found.undated:
        return (f"no good event followed {counted(found.dead_lettered, 'dead letter')} of the same item or order",)
    behind = f"{counted(found.undated, 'good event')} behind a dead letter"
    shows = "it" if found.undated == 1 else "them"
    return (f"it is not known when {behind} took effect: no push and no stock change shows {shows}",)


def _retries(calls: list[f.ApiCalled]) -> list[tuple[int, int]]:
    """(failed at, retried at) of each throttled or failed call and the next of its operation that began later."""
    begun, found = _begun(calls), []
    for call in filter(_failed, calls):
        starts = begun[call.api, call.operation]
        index = bisect_right(starts, call.at_ns)
        if index < len(starts):
            found.append((call.at_ns, starts[index]))
    return found


def _retrying(calls: list[f.ApiCalled]) -> list[int]:
    """When each retry began, in order. Each later call is the retry of one failed call at most.

    A failed call whose next calls all retry other ones counts as covered by them.
    """
    begun, found = _begun(calls), []
    free: dict[tuple[str, str], int] = {}
    for call in sorted(filter(_failed, calls), key=lambda call: call.at_ns):
        key = (call.api, call.operation)
        starts = begun[key]
        following = bisect_right(starts, call.at_ns)
        index = max(following, free.get(key, 0))
        if index < len(starts) and starts[index] <= starts[following] + AT_ONCE_NS:
            found.append(starts[index])
            free[key] = index + 1
    return sorted(found)


def _begun(calls: list[f.ApiCalled]) -> dict[tuple[str, str], list[int]]:
    """Begin times of calls by operation, in order."""
    begun: dict[tuple[str, str], list[int]] = {}
    for call in calls:
        begun.setdefault((call.api, call.operation), []).append(call.started_ns or call.at_ns)
    for starts in begun.values():
        starts.sort()
    return begun


def _throttled(call: f.ApiCalled) -> bool:
    return call.outcome == "throttled" or call.status == 429


def _failed(call: f.ApiCalled) -> bool:
    return _throttled(call) or call.server_failed


def _most_at_once(retries: list[int]) -> int:
    most, window = 0, deque[int]()
    for at_ns in retries:
        window.append(at_ns)
        while at_ns - window[0] > AT_ONCE_NS:
            window.popleft()
        most = max(most, len(window))
    return most


def _hammered(history: History, tally: Tally) -> int:
    """Adds an incident for each call that was tried without a pause. Returns the most tries within a second."""
    for one in history.hammered:
        if tally.full:
            tally.count()
            continue
        of = f" of {one.what}" if one.what else ""
        first = one.calls[0]
        text = (
            f"{one.operation} ({one.api}){of} failed and was tried {len(one.calls):,} times within a second from "
            f"{history.offset(first.at_ns)}"
        )
        channel = one.api if one.api in history.marketplaces else ""
        requests = (first.request, one.calls[1].request)
        tally.add(Incident("no_pause", first.at_ns, text, channel=channel, requests=requests))
    return max((len(one.calls) for one in history.hammered), default=0)


def _erased(history: History) -> Tally:
    tally = Tally()
    for lost in history.lost_updates:
        if tally.full:
            tally.count()
            continue
        ledger = history.ledgers[lost.row.sku].at(lost.location)
        rows = [history.facts[ledger.seqs[state]] for state in range(lost.base + 1, lost.before + 1)]
        written = [row for row in rows if isinstance(row, f.StockChanged | f.StockUnmoved)]
        events = [history.deliveries.version_event.get((lost.row.sku, row.version), -1) for row in written]
        tally.add(
            Incident(
                "erased",
                lost.row.at_ns,
                lost_update_text(history, lost),
                sku=lost.row.sku,
                units=abs(lost.units),
                events=tuple(event for event in events if event >= 0),
                requests=tuple(request for request in (lost.read, lost.row.request) if request >= 0),
                erased=tuple(each for each in (lost.other_read, *(row.request for row in written)) if each >= 0),
            )
        )
    return tally
