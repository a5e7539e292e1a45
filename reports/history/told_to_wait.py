"""Answers of marketplaces that said how long to wait, and what came before that time was over.

A push counts as repeated too early if a later one holds one of its rows that did not change meanwhile: another process
may not have been told, and push other rows, or a new change of the same one. Reads name no rows, so several processes
that each wait as told look like one that does not. They are counted apart. One is *hasty* if it came far sooner than
reads follow each other where nothing failed: others that read at their own time would be seen to do so then too.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from stockstorm.reports.history.log import FactLog
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.history import facts as f

KNOWN_NS = 20 * MILLISECOND_NS  # a call that began this shortly after an answer was sent without knowing it
SLACK_NS = 100 * MILLISECOND_NS  # a client's clock and timers
PUSH = "PUT listings"
USUAL_MIN = 10  # gaps between reads, to know the usual one
USUAL_SHARE = 0.1  # the shortest tenth of them
HASTY_SHARE = 1 / 3  # of the usual gap


class TooEarly(msgspec.Struct, frozen=True):
    """A call that was told to wait, and the first one that came too early."""

    told: f.ApiCalled
    again: f.ApiCalled
    waited_ns: int


class ToldToWait(msgspec.Struct, frozen=True):
    """Calls that were told to wait, and of them those that were repeated too early. `statuses`: of the pushes."""

    statuses: dict[int, int]
    early_pushes: tuple[TooEarly, ...]
    reads: int
    early_reads: int
    hasty_reads: tuple[TooEarly, ...] = ()

    @property
    def pushes(self) -> int:
        """Pushes that were told to wait."""
        return sum(self.statuses.values())


def find_told_to_wait(log: FactLog) -> ToldToWait:
    """Over all marketplaces. Empty where none said how long to wait."""
    told = [call for call in log.all(f.ApiCalled) if call.retry_after_s and call.api in log.marketplaces]
    if not told:
        return ToldToWait({}, (), 0, 0)
    concerned = {(call.api, call.operation) for call in told}
    calls: dict[tuple[str, str], list[f.ApiCalled]] = {key: [] for key in sorted(concerned)}
    for call in log.all(f.ApiCalled):
        if (call.api, call.operation) in concerned:
            calls[call.api, call.operation].append(call)
    rows, moved = rows_of_pushes(log), _moved(log)
    early: dict[bool, list[TooEarly]] = {True: [], False: []}
    hasty = list[TooEarly]()
    for key, of_operation in calls.items():
        of_operation.sort(key=_begun)
        early[key[1] == PUSH] += _early(of_operation, rows, moved)
        if key[1].startswith("GET "):
            hasty += _hasty(of_operation, {shown.request for shown in log.all(f.OrdersShown)})
    statuses = Counter(call.status for call in told if call.operation == PUSH)
    return ToldToWait(statuses, tuple(early[True]), len(told) - statuses.total(), len(early[False]), tuple(hasty))


def _early(
    calls: list[f.ApiCalled], rows: dict[int, set[str]], moved: Mapping[str, Sequence[int]]
) -> Iterator[TooEarly]:
    """Calls of one operation, in the order in which they began."""
    begun = [_begun(call) for call in calls]
    for call in calls:
        until_ns = _begun(call) + call.retry_after_s * SECOND_NS - SLACK_NS  # a client may count from its request
        place = bisect_right(begun, call.at_ns + KNOWN_NS)
        while call.retry_after_s and place < len(calls) and begun[place] < until_ns:
            again = calls[place]
            same = rows.get(call.request, set()).intersection(rows.get(again.request, ()))
            if call.operation != PUSH or any(_is_still(moved.get(sku, ()), call.at_ns, begun[place]) for sku in same):
                yield TooEarly(call, again, begun[place] - call.at_ns)
                break
            place += 1


def _moved(log: FactLog) -> dict[str, list[int]]:
    """By SKU, when its stock changed or a marketplace sold it, in order of time."""
    found: dict[str, list[int]] = {}
    for change in log.all(f.StockChanged):
        found.setdefault(change.sku, []).append(change.at_ns)
    for sale in log.all(f.PurchaseAccepted):
        for sku in sale.skus:
            found.setdefault(sku, []).append(sale.at_ns)
    for times in found.values():
        times.sort()
    return found


def _is_still(times: Sequence[int], from_ns: int, to_ns: int) -> bool:
    """Whether nothing happened in an interval."""
    return bisect_left(times, to_ns) == bisect_right(times, from_ns)


def _hasty(calls: list[f.ApiCalled], full: set[int]) -> Iterator[TooEarly]:
    """Reads of one operation, in the order in which they began: those that came again at once.

    After a read that showed orders the next page may be read at once, so the usual gap is the one after other reads.
    """
    answered = [(call, after) for call, after in pairwise(calls) if call.status == 200]
    gaps = sorted(_begun(after) - call.at_ns for call, after in answered if call.request not in full)
    if len(gaps) < USUAL_MIN:
        return
    soon_ns = HASTY_SHARE * quantile(gaps, USUAL_SHARE)
    for call, after in pairwise(calls):
        waited_ns = _begun(after) - call.at_ns
        if call.retry_after_s and 0 <= waited_ns < min(soon_ns, call.retry_after_s * SECOND_NS - SLACK_NS):
            yield TooEarly(call, after, waited_ns)


def rows_of_pushes(log: FactLog) -> dict[int, set[str]]:
    """By call: the SKUs of a push, whether they were listed or not."""
    found: dict[int, set[str]] = {}
    for push in log.all(f.ListingPushed):
        found.setdefault(push.request, set()).add(push.sku)
    for left in log.all(f.RowsNotListed):
        found.setdefault(left.request, set()).update(left.skus)
    return found


def _begun(call: f.ApiCalled) -> int:
    return call.started_ns or call.at_ns
