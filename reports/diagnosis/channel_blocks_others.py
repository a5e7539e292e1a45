"""While the subject waits for one marketplace, it pushes to no other one.

A wait is the time from a push that was not taken to the next call to that marketplace. Others are looked at whose own
last push was taken and for which a change waited. A wait counts if it was far longer than the gap between two pushes to
them at other times, so a subject that pushes to all at an interval is not meant. Nearly all waits must be silent. Where
the outage is seen to have slowed the others, one is enough, and its first half counts: a subject may block them only
while a call gets no answer.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.result import Diagnosis
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.history import facts as f

PUSH: Final = "PUT listings"
WAITS_MIN: Final = 3
WAITS_OF_SLOWED_MIN: Final = 1
SHARE_MIN: Final = 0.8
WAIT_MIN_NS: Final = 300 * MILLISECOND_NS
TIMES_MIN: Final = 5.0  # the gap between two pushes at other times
EDGE_NS: Final = 20 * MILLISECOND_NS  # a push that began this shortly after the answer
LOOKED_AT: Final = 0.75  # of a wait: where channels take turns, the others come just before the next call
FIRST_HALF: Final = 0.5
CHECKS: Final = (
    "channel_outage", "sync_latency", "oversell", "crisis_time", "refused_though_available", "lost_units",
)  # fmt: skip
UNTIL_REST: Final = (*CHECKS, "drift")  # a listing that is wrong at rest waits for nothing


class _Pushes(NamedTuple):
    """The pushes to one marketplace, in the order in which they began."""

    begun: list[int]
    calls: list[f.ApiCalled]

    def within(self, begin_ns: int, end_ns: int) -> bool:
        """Whether a push began in an interval."""
        return bisect_left(self.begun, end_ns) > bisect_right(self.begun, begin_ns)

    def taken_before(self, at_ns: int) -> bool:
        """Whether the last push by then was taken."""
        place = bisect_right(self.begun, at_ns) - 1
        return place >= 0 and _taken(self.calls[place])


class _Wait(NamedTuple):
    """`end_ns`: of the part that is looked at. `until_ns`: the next call."""

    begin_ns: int
    end_ns: int
    until_ns: int

    @property
    def whole_ns(self) -> int:
        return self.until_ns - self.begin_ns


_Blocked = tuple[int, str, list[_Wait], int]  # ns in all, marketplace, silent waits, number of all waits


class ChannelBlocksOthers(Diagnose):
    name = "channel_blocks_others"
    checks = UNTIL_REST

    def __call__(self, case: Case) -> Iterator[Found]:
        pushes = _pushes(case)
        fired = _fired(case)
        found = list(_blocked(pushes, fired, LOOKED_AT))
        when = ""
        if not found and case.incidents("slowed"):
            found, when = list(_blocked(pushes, fired, FIRST_HALF)), " at first"
        if found:
            yield self._found(case, sorted(found, reverse=True), when)

    def _found(self, case: Case, found: list[_Blocked], when: str) -> Found:
        total_ns, channel, silent, waits = found[0]
        others = ", ".join(name for name in case.history.marketplaces if name != channel)
        longest_s = max(wait.whole_ns for wait in silent) / SECOND_NS
        also = [f"so it was in {len(some)} of {of} waits for {name}" for _, name, some, of in found[1:]]
        return Found(
            Diagnosis(
                self.name,
                f"in {len(silent)} of {waits} waits for {channel} ({total_ns / SECOND_NS:.1f} s in all), "
                f"nothing was pushed to {others}{when}, although changes waited there",
                (
                    (
                        f"the longest took {longest_s:.1f} s; the first began at {case.when(silent[0].begin_ns)}, with "
                        f"a push to {channel} that was not taken"
                    ),
                    *also,
                ),
                "push to each marketplace by a queue, a task or a worker of its own, so that a slow answer, a timeout "
                "or a wait for one holds up no other",
                case.consequences(*(CHECKS if case.at_rest else UNTIL_REST)),
                silent[0].begin_ns,
            ),
            frozenset(f"wait {channel} {wait.begin_ns}" for wait in silent),
        )


def _blocked(pushes: Mapping[str, _Pushes], fired: Mapping[str, list[int]], looked_at: float) -> Iterator[_Blocked]:
    """The marketplaces for which others wait. `looked_at`: this part of a wait, from its begin."""
    for channel, own in pushes.items():
        others = {name: some for name, some in pushes.items() if name != channel}
        silent, waits = list[_Wait](), 0
        for wait in _waits(own, looked_at):
            about = [name for name in others if _concerned(others[name], fired.get(name, []), wait)]
            waits += bool(about)
            if about and not any(others[name].within(wait.begin_ns, wait.end_ns) for name in about):
                silent.append(wait)
        if len(silent) >= (WAITS_OF_SLOWED_MIN if looked_at < LOOKED_AT else max(WAITS_MIN, SHARE_MIN * waits)):
            yield sum(wait.whole_ns for wait in silent), channel, silent, waits


def _pushes(case: Case) -> Mapping[str, _Pushes]:
    calls: dict[str, list[f.ApiCalled]] = {channel: [] for channel in case.history.marketplaces}
    for call in case.calls:
        if call.operation == PUSH and call.api in calls:
            calls[call.api].append(call)
    for some in calls.values():
        some.sort(key=_begun)
    return {channel: _Pushes([_begun(call) for call in some], some) for channel, some in calls.items()}


def _fired(case: Case) -> dict[str, list[int]]:
    """By marketplace: when the changes happened that its listings owed, in order."""
    found: dict[str, list[int]] = {}
    for pair in case.history.owed_pairs:
        found.setdefault(pair.channel, []).append(pair.fired_ns)
    for times in found.values():
        times.sort()
    return found


def _waits(pushes: _Pushes, looked_at: float) -> Iterator[_Wait]:
    for call, begun_ns in zip(pushes.calls, pushes.begun[1:], strict=False):
        begin_ns = call.at_ns + EDGE_NS
        if not _taken(call) and begun_ns - begin_ns >= WAIT_MIN_NS:
            yield _Wait(begin_ns, begin_ns + round(looked_at * (begun_ns - begin_ns)), begun_ns)


def _concerned(pushes: _Pushes, fired: list[int], wait: _Wait) -> bool:
    """Whether a push was to be expected in the first half of a wait."""
    middle_ns = wait.begin_ns + round(LOOKED_AT * wait.whole_ns) // 2
    waited = bisect_left(fired, middle_ns) > bisect_right(fired, wait.begin_ns)
    usual_ns = _usual_gap_ns(pushes)
    long = usual_ns is not None and LOOKED_AT * wait.whole_ns >= TIMES_MIN * usual_ns
    return waited and long and pushes.taken_before(wait.begin_ns)


def _usual_gap_ns(pushes: _Pushes) -> float | None:
    gaps = sorted(float(after - before) for before, after in pairwise(pushes.begun))
    return quantile(gaps, 0.5) if gaps else None


def _taken(call: f.ApiCalled) -> bool:
    return call.status == 200


def _begun(call: f.ApiCalled) -> int:
    return call.started_ns or call.at_ns
