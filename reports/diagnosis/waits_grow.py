"""Waits after a failed call of a marketplace that grow to many seconds, although the marketplace works.

A wait counts from a push that failed to the next call of the same marketplace. Left out are waits during an outage of
the marketplace, and those that its Retry-After asked for. One failure in a row calls for a short wait; a service that
never takes the count of failures back waits as if all had come at once.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import HARNESS, Case, Diagnose, Found
from stockstorm.reports.diagnosis.pauses import begun_ns, is_taken, pushes_by_channel
from stockstorm.reports.result import Diagnosis, counted
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

LONG_NS: Final = 10 * SECOND_NS  # beyond what a wait may grow to
TIMES_MIN: Final = 4.0  # the first wait of the marketplace
WAITED_MIN: Final = 3  # changes
IN_A_ROW_MAX: Final = 2  # failures, the one before the wait included
SHOWN_NS: Final = SECOND_NS // 4  # shorter ones are no waits
WAITS_MIN: Final = 3  # of fewer it cannot be told that they grow
CHECKS: Final = ("sync_latency", "crisis_time", "trend", "oversell", "refused_though_available", "channel_outage")


class Wait(NamedTuple):
    """From a failed push to the next one. `row`: how many had failed one after the other."""

    begin_ns: int
    length_ns: int
    row: int
    owed: int


class WaitsGrow(Diagnose):
    name = "waits_grow"
    checks = CHECKS
    after = ("no_call", "stops", "channel_blocks_others", "outage_forgotten", "slow_recovery")

    def __call__(self, case: Case) -> Iterator[Found]:
        if HARNESS in case.failing:
            return
        long: list[tuple[Wait, str, list[Wait]]] = []
        for channel, pushes in pushes_by_channel(case).items():
            waits = [one for one in _waits(case, channel, pushes.calls) if one.length_ns >= SHOWN_NS]
            if len(waits) < WAITS_MIN:
                continue
            waits = [one._replace(owed=pushes.owed(one.begin_ns, one.begin_ns + one.length_ns)) for one in waits]
            long += [(one, channel, waits) for one in waits if _is_long(one, waits[0])]
        if long:
            yield self._found(case, *max(long, key=lambda one: one[0].length_ns))

    def _found(self, case: Case, longest: Wait, channel: str, waits: list[Wait]) -> Found:
        told = ", ".join(f"{one.length_ns / SECOND_NS:.1f}" for one in waits)
        return Found(
            Diagnosis(
                self.name,
                f"after {counted(longest.row, 'failed push', 'failed pushes')} to {channel} it pushed nothing there "
                f"for {longest.length_ns / SECOND_NS:.1f} s, although {longest.owed:,} changes waited and {channel} "
                "worked: its waits grow, and success does not end that",
                (
                    f"its waits after failed pushes, in order: {told} s",
                    f"the longest began at {case.when(longest.begin_ns)}",
                ),
                "begin with a short wait again after each call that succeeds, and let no wait grow beyond some seconds",
                case.consequences(*CHECKS),
                longest.begin_ns,
            )
        )


def _is_long(one: Wait, first: Wait) -> bool:
    grown = one.length_ns >= max(LONG_NS, TIMES_MIN * first.length_ns)
    return grown and one.row <= IN_A_ROW_MAX and one.owed >= WAITED_MIN


def _waits(case: Case, channel: str, calls: list[f.ApiCalled]) -> Iterator[Wait]:
    down = [(outage.begin_ns, outage.end_ns) for outage in case.history.outages if outage.channel == channel]
    row = 0
    for call, later in pairwise(calls):
        row = 0 if is_taken(call) else row + 1
        begin_ns = call.at_ns
        length_ns = begun_ns(later) - begin_ns - call.retry_after_s * SECOND_NS
        away = any(begin < begin_ns + length_ns and begin_ns < end for begin, end in down)
        if row and length_ns > 0 and not away:
            yield Wait(begin_ns, length_ns, row, 0)
