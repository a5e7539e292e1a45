"""Calls that the scenario never answered, and how long the subject waited for them.

The connection of such a call stays open until the subject closes it. A client can also give a call up without closing,
so a later call in its place counts too: the same idempotency key, one of the same rows of a push, and else the same
operation.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from stockstorm.reports.history.log import FactLog
from stockstorm.reports.history.told_to_wait import PUSH, rows_of_pushes
from stockstorm.simulator.config import ADMIN, LEFT_OPEN
from stockstorm.simulator.history import facts as f


class HeldCall(msgspec.Struct, frozen=True):
    """A call that was never answered. `until_ns`: when it was given up; for one that never was, the last look at it.

    `later`: how many calls with the same operation the subject began after it, and before `until_ns`.
    """

    call: f.ApiCalled
    until_ns: int
    given_up: bool
    later: int

    @property
    def waited_ns(self) -> int:
        """How long the subject waited, at the least."""
        return max(0, self.until_ns - self.call.at_ns)


def find_held_calls(log: FactLog) -> tuple[HeldCall, ...]:
    """In order of time. Empty where the scenario answers all calls."""
    held = [call for call in log.all(f.ApiCalled) if call.injected in LEFT_OPEN]
    if not held:
        return ()
    closed = {fact.request: fact.at_ns for fact in log.all(f.CallGivenUp)}
    rows = rows_of_pushes(log)
    of_operation: dict[tuple[str, str], list[f.ApiCalled]] = {(call.api, call.operation): [] for call in held}
    for call in log.all(f.ApiCalled):
        if (call.api, call.operation) in of_operation:
            of_operation[call.api, call.operation].append(call)
    seen_ns = _last_look_ns(log)
    return tuple(_held(call, of_operation[call.api, call.operation], rows, closed, seen_ns) for call in held)


def _held(
    call: f.ApiCalled,
    calls: Iterable[f.ApiCalled],
    rows: Mapping[int, set[str]],
    closed: Mapping[int, int],
    seen_ns: int,
) -> HeldCall:
    later = [other for other in calls if _begun(other) > call.at_ns]
    ends = [closed[call.request]] if call.request in closed else []
    ends += [_begun(other) for other in _in_its_place(call, later, rows)][:1]
    until_ns = min(ends) if ends else max(seen_ns, call.at_ns)
    return HeldCall(call, until_ns, bool(ends), sum(_begun(other) < until_ns for other in later))


def _in_its_place(
    call: f.ApiCalled, later: Iterable[f.ApiCalled], rows: Mapping[int, set[str]]
) -> Iterator[f.ApiCalled]:
    own = rows.get(call.request, set())
    for other in later:
        if call.operation == PUSH and call.api != ADMIN:
            again = not own or not own.isdisjoint(rows.get(other.request, ()))
        else:
            again = not call.key or other.key == call.key
        if again:
            yield other


def _last_look_ns(log: FactLog) -> int:
    """Until when the connections of the subject were watched: the end of the wait for rest, or else of the load."""
    if (quiet := log.last(f.QuietReached)) is not None:
        return quiet.at_ns
    stopped = log.last(f.LoadStopped)
    return stopped.at_ns if stopped is not None else 0


def _begun(call: f.ApiCalled) -> int:
    return call.started_ns or call.at_ns
