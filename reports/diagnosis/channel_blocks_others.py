"""While the subject waits for one marketplace, it pushes to no other one.

A wait is the time from a push that was not taken to the next call to that marketplace. Others are looked at whose own
last push was taken and for which a change waited. A wait counts if it was far longer than the gap between two pushes to
them at other times, so a subject that pushes to all at an interval is not meant. Nearly all waits must be silent.

A subject may block the others only while a call gets no answer, which is a part of a wait, and not of every one. That
is told by the pauses of the others: they begin with such calls more often than chance allows (`pauses`). And it may
call one marketplace again and again, and none of the others meanwhile (`taken_up`). Each of the three finds
runs that the other two do not.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.pauses import Blocked, Pause, Pushes, blocked_at_calls, is_taken, pushes_by_channel
from stockstorm.reports.diagnosis.taken_up import Stretch, taken_up
from stockstorm.reports.result import Diagnosis, counted
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS

WAITS_MIN: Final = 3
SHARE_MIN: Final = 0.8
WAIT_MIN_NS: Final = 300 * MILLISECOND_NS
TIMES_MIN: Final = 5.0  # the gap between two pushes at other times
EDGE_NS: Final = 20 * MILLISECOND_NS  # a push that began this shortly after the answer
LOOKED_AT: Final = 0.75  # of a wait: where channels take turns, the others come just before the next call
REMEDY: Final = (
    "push to each marketplace by a queue, a task or a worker of its own, so that a slow answer, a timeout or a wait "
    "for one holds up no other"
)
CALLS_REMEDY: Final = (
    "give up after a few tries, go on with the next marketplace, and come back later; end a read at a page that is not "
    "full, because a feed that grows has no empty one"
)
CHECKS: Final = (
    "channel_outage", "sync_latency", "oversell", "crisis_time", "refused_though_available", "lost_units",
)  # fmt: skip
UNTIL_REST: Final = (*CHECKS, "drift")  # a listing that is wrong at rest waits for nothing


class _Wait(NamedTuple):
    """`end_ns`: of the part that is looked at. `until_ns`: the next call."""

    begin_ns: int
    end_ns: int
    until_ns: int

    @property
    def whole_ns(self) -> int:
        return self.until_ns - self.begin_ns


_Waited = tuple[int, str, list[_Wait], int]  # ns in all, marketplace, silent waits, number of all waits


class ChannelBlocksOthers(Diagnose):
    name = "channel_blocks_others"
    checks = UNTIL_REST

    def __call__(self, case: Case) -> Iterator[Found]:
        pushes = pushes_by_channel(case)
        explains = case.consequences(*(CHECKS if case.at_rest else UNTIL_REST))
        if found := sorted(_waited(pushes), reverse=True):
            yield self._in_waits(case, found, explains)
            return
        paused = blocked_at_calls(case, pushes)
        if several := [one for one in paused if not one.closed]:
            yield self._at_calls(case, several, explains)
        elif stretches := taken_up(case, pushes):
            yield self._in_stretches(case, stretches, explains)
        elif paused:
            yield self._at_calls(case, paused, explains)

    def _in_stretches(self, case: Case, found: dict[str, list[Stretch]], explains: tuple[str, ...]) -> Found:
        channel, stretches = next(iter(found.items()))
        calls, refused = sum(one.calls for one in stretches), sum(one.refused for one in stretches)
        seconds = sum(one.end_ns - one.begin_ns for one in stretches) / SECOND_NS
        cause = (
            f"for {seconds:.1f} s it called {channel} alone, which refused or did not answer {refused} of "
            f"{counted(calls, 'call')}, while {counted(sum(one.owed for one in stretches), 'change')} waited for others"
        )
        examples = quoted(
            f"from {case.when(one.begin_ns)} for {(one.end_ns - one.begin_ns) / SECOND_NS:.1f} s" for one in stretches
        )
        also = [f"so it was with {name}, {counted(len(some), 'time')}" for name, some in list(found.items())[1:]]
        return Found(
            Diagnosis(self.name, cause, (examples, *also), CALLS_REMEDY, explains, stretches[0].begin_ns),
            frozenset(f"wait {channel} {one.begin_ns}" for one in stretches),
        )

    def _in_waits(self, case: Case, found: list[_Waited], explains: tuple[str, ...]) -> Found:
        total_ns, channel, silent, waits = found[0]
        others = ", ".join(name for name in case.history.marketplaces if name != channel)
        longest_s = max(wait.whole_ns for wait in silent) / SECOND_NS
        also = [f"so it was in {len(some)} of {of} waits for {name}" for _, name, some, of in found[1:]]
        cause = (
            f"in {len(silent)} of {waits} waits for {channel} ({total_ns / SECOND_NS:.1f} s in all), "
            f"nothing was pushed to {others}, although changes waited there"
        )
        longest = (
            f"the longest took {longest_s:.1f} s; the first began at {case.when(silent[0].begin_ns)}, with "
            f"a push to {channel} that was not taken"
        )
        return Found(
            Diagnosis(self.name, cause, (longest, *also), REMEDY, explains, silent[0].begin_ns),
            frozenset(f"wait {channel} {wait.begin_ns}" for wait in silent),
        )

    def _at_calls(self, case: Case, found: list[Blocked], explains: tuple[str, ...]) -> Found:
        channel, blocker, begun, pauses = found[0][1:5]
        seconds = sum(one.end_ns - one.begin_ns for one in begun) / SECOND_NS
        cause = (
            f"{len(begun)} of {counted(pauses, 'pause')} in the pushes to {channel} ({seconds:.1f} s in all) began "
            f"with a call of {blocker} that failed or got no answer, although {_changes(begun)} waited there"
        )
        examples = quoted(
            f"at {case.when(one.begin_ns)} for {(one.end_ns - one.begin_ns) / SECOND_NS:.1f} s" for one in begun
        )
        until = f", until {blocker} was called again" if found[0].closed else ""
        also = [f"so did {len(each.begun)} of {counted(each.pauses, 'pause')} of {each.channel}" for each in found[1:]]
        return Found(
            Diagnosis(self.name, cause, (f"paused {examples}{until}", *also), REMEDY, explains, begun[0].begin_ns),
            frozenset(f"wait {blocker} {one.begin_ns}" for one in begun),
        )


def _changes(begun: list[Pause]) -> str:
    return counted(sum(one.owed for one in begun), "change")


def _waited(pushes: Mapping[str, Pushes]) -> Iterator[_Waited]:
    """The marketplaces for which others wait."""
    for channel, own in pushes.items():
        others = [some for name, some in pushes.items() if name != channel]
        silent, waits = list[_Wait](), 0
        for wait in _waits(own):
            about = [some for some in others if _concerned(some, wait)]
            waits += bool(about)
            if about and not any(some.within(wait.begin_ns, wait.end_ns) for some in about):
                silent.append(wait)
        if len(silent) >= max(WAITS_MIN, SHARE_MIN * waits):
            yield sum(wait.whole_ns for wait in silent), channel, silent, waits


def _waits(pushes: Pushes) -> Iterator[_Wait]:
    for call, next_ns in zip(pushes.calls, pushes.begun[1:], strict=False):
        begin_ns = call.at_ns + EDGE_NS
        if not is_taken(call) and next_ns - begin_ns >= WAIT_MIN_NS:
            yield _Wait(begin_ns, begin_ns + round(LOOKED_AT * (next_ns - begin_ns)), next_ns)


def _concerned(pushes: Pushes, wait: _Wait) -> bool:
    """Whether a push was to be expected in the first half of a wait."""
    looked_at_ns = wait.end_ns - wait.begin_ns
    usual_ns = pushes.usual_gap_ns
    long = usual_ns is not None and looked_at_ns >= TIMES_MIN * usual_ns
    waited = pushes.owed(wait.begin_ns, wait.begin_ns + looked_at_ns // 2) > 0
    return waited and long and pushes.taken_before(wait.begin_ns)
