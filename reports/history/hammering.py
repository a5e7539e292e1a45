"""Calls that failed and were tried again and again without a pause.

It is the same call if it has the same idempotency key, is a push of the same row, a read of the same operation, or a
request for a token, which is refused for as long as the app is not installed. A push counts only as far as the row did
not change meanwhile, because every change is a reason for a push of its own. Reads and requests for tokens count only
if there are far more of them than of answered ones, since several processes may read.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

import msgspec

from stockstorm.reports.history.log import FactLog
from stockstorm.reports.history.reads import is_read
from stockstorm.reports.history.told_to_wait import PUSH, rows_of_pushes
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ADMIN
from stockstorm.simulator.history import facts as f

TRIES_MAX = 20  # in WITHIN_NS: with no more than 50 ms between them
WITHIN_NS = SECOND_NS
TOKEN = "POST access_token"  # noqa: S105 - an operation
READS_TIMES = 3  # the most reads that were answered in such a time


class Hammered(msgspec.Struct, frozen=True):
    """One call that was tried without a pause. `calls`: the failed tries within WITHIN_NS in which there were most."""

    api: str
    operation: str
    what: str  # an idempotency key, a SKU, or nothing
    calls: tuple[f.ApiCalled, ...]


def find_hammered(log: FactLog) -> tuple[Hammered, ...]:
    """In order of time."""
    failed = [call for call in log.all(f.ApiCalled) if _failed(call)]
    if len(failed) <= TRIES_MAX:
        return ()
    found = [*_keys(failed), *_rows(log, failed), *_reads(log, failed)]
    return tuple(sorted(found, key=lambda one: one.calls[0].at_ns))


def _failed(call: f.ApiCalled) -> bool:
    """Not answered, a 5xx, a 429 of a marketplace, or a refused token. A shop's bucket has a check of its own."""
    refused = (call.status == 429 and call.api != ADMIN) or (call.status >= 400 and call.operation == TOKEN)
    return refused or call.status == 0 or call.server_failed


def _keys(failed: Sequence[f.ApiCalled]) -> Iterator[Hammered]:
    by_key: dict[str, list[f.ApiCalled]] = {}
    for call in failed:
        if call.key:
            by_key.setdefault(call.key, []).append(call)
    for key, calls in by_key.items():
        if len(most := _densest(calls)) > TRIES_MAX:
            yield Hammered(calls[0].api, calls[0].operation, key, most)


def _rows(log: FactLog, failed: Sequence[f.ApiCalled]) -> Iterator[Hammered]:
    """The row of each marketplace that was pushed most often without a change of it."""
    pushes = [call for call in failed if call.operation == PUSH and call.api != ADMIN]
    if len(pushes) <= TRIES_MAX:
        return
    rows, by_row = rows_of_pushes(log), dict[tuple[str, str], list[f.ApiCalled]]()
    for call in pushes:
        for sku in rows.get(call.request, ()):
            by_row.setdefault((call.api, sku), []).append(call)
    often = {row: most for row, calls in by_row.items() if len(most := _densest(calls)) > TRIES_MAX}
    changes = _changes(log, {sku for _, sku in often}) if often else {}
    worst: dict[str, Hammered] = {}
    for (api, sku), most in often.items():
        begin, end = (call.at_ns for call in (most[0], most[-1]))
        times = changes.get(sku, [])
        occasions = bisect_right(times, end) - bisect_left(times, begin - WITHIN_NS)
        if len(most) - occasions > TRIES_MAX and (api not in worst or len(most) > len(worst[api].calls)):
            worst[api] = Hammered(api, PUSH, sku, most)
    yield from worst.values()


def _changes(log: FactLog, skus: set[str]) -> dict[str, list[int]]:
    """When the stock of each SKU changed, in the master or by a sale anywhere, in order."""
    found: dict[str, list[int]] = {sku: [] for sku in skus}
    for change in log.all(f.StockChanged):
        if change.sku in found:
            found[change.sku].append(change.at_ns)
    orders: list[f.PurchaseAccepted | f.OrderCancelled | f.OrderReturned] = [
        *log.all(f.PurchaseAccepted), *log.all(f.OrderCancelled), *log.all(f.OrderReturned)
    ]  # fmt: skip
    for order in orders:
        for sku in found.keys() & set(order.skus):
            found[sku].append(order.at_ns)
    for times in found.values():
        times.sort()
    return found


def _reads(log: FactLog, failed: Sequence[f.ApiCalled]) -> Iterator[Hammered]:
    by_operation: dict[tuple[str, str], list[f.ApiCalled]] = {}
    for call in failed:
        if _is_alike(call):
            by_operation.setdefault((call.api, call.operation), []).append(call)
    often = {of: most for of, calls in by_operation.items() if len(most := _densest(calls)) > TRIES_MAX}
    if not often:
        return
    answered: dict[tuple[str, str], list[f.ApiCalled]] = {of: [] for of in often}
    for call in log.all(f.ApiCalled):
        if (call.api, call.operation) in answered and call.status == 200:
            answered[call.api, call.operation].append(call)
    for (api, operation), most in often.items():
        if len(most) > READS_TIMES * len(_densest(answered[api, operation])):
            yield Hammered(api, operation, "", most)


def _is_alike(call: f.ApiCalled) -> bool:
    """Whether all calls of its operation are the same call."""
    if call.api != ADMIN:
        return call.operation.startswith("GET ")
    return is_read(call.operation) or call.operation == TOKEN


def _densest(calls: Sequence[f.ApiCalled]) -> tuple[f.ApiCalled, ...]:
    """The most calls within WITHIN_NS. `calls` are in order of time."""
    first, best = 0, (0, 0)
    for last, call in enumerate(calls):
        while call.at_ns - calls[first].at_ns > WITHIN_NS:
            first += 1
        if last + 1 - first > best[1] - best[0]:
            best = (first, last + 1)
    return tuple(calls[best[0] : best[1]])
