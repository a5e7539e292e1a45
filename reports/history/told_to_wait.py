"""Answers of marketplaces that said how long to wait, and what came before that time was over.

A push counts as repeated too early if a later one holds one of its rows: another process that pushes other rows may not
have been told. Reads name no rows, so several processes that each wait as told look like one that does not. They are
counted apart and prove nothing.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator

import msgspec

from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.history import facts as f

KNOWN_NS = 20 * MILLISECOND_NS  # a call that began this shortly after an answer was sent without knowing it
SLACK_NS = 100 * MILLISECOND_NS  # a client's clock and timers
PUSH = "PUT listings"


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
    rows = rows_of_pushes(log)
    early: dict[bool, list[TooEarly]] = {True: [], False: []}
    for key, of_operation in calls.items():
        of_operation.sort(key=_begun)
        early[key[1] == PUSH] += _early(of_operation, rows)
    statuses = Counter(call.status for call in told if call.operation == PUSH)
    return ToldToWait(statuses, tuple(early[True]), len(told) - statuses.total(), len(early[False]))


def _early(calls: list[f.ApiCalled], rows: dict[int, set[str]]) -> Iterator[TooEarly]:
    """Calls of one operation, in the order in which they began."""
    begun = [_begun(call) for call in calls]
    for call in calls:
        until_ns = call.at_ns + call.retry_after_s * SECOND_NS - SLACK_NS
        place = bisect_right(begun, call.at_ns + KNOWN_NS)
        while call.retry_after_s and place < len(calls) and begun[place] < until_ns:
            again = calls[place]
            if call.operation != PUSH or not rows.get(call.request, set()).isdisjoint(rows.get(again.request, ())):
                yield TooEarly(call, again, begun[place] - call.at_ns)
                break
            place += 1


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
