"""The subject's writes to the master, or its pushes, stop while events still come."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from stockstorm.reports.checkers.poison import kind_of
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.history.order_effects import SUBJECT_CAUSES
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

SILENCE_MIN_NS: Final = 2 * SECOND_NS
SILENCE_MIN_GAPS: Final = 5  # times the longest gap before
EFFECTS_MIN: Final = 5
EVENTS_MIN: Final = 10  # acknowledged afterwards
NEAR_NS: Final = 3 * SECOND_NS


class Stops(Diagnose):
    name = "stops"
    after = ("unreachable", "no_call")

    def __call__(self, case: Case) -> Iterator[Found]:
        history = case.history
        writes = [change.at_ns for change in history.all(f.StockChanged) if change.cause in SUBJECT_CAUSES]
        pushes = [push.at_ns for push in history.all(f.ListingPushed)]
        stopped = {
            what: times[-1]
            for what, times in (("writes to the master", writes), ("pushes to marketplaces", pushes))
            if _stops(case, times)
        }
        if not stopped:
            return
        at_ns = min(stopped.values())
        what = " and ".join(stopped)
        near = _near(case, at_ns)
        after = f", when {near[0]}" if near and near[0].startswith("a process") else ""
        taken = _acknowledged_after(case, at_ns)
        goes_on = [] if len(stopped) == 2 else [_goes_on(stopped, writes, pushes, at_ns)]
        yield Found(
            Diagnosis(
                self.name,
                f"{what} stop at {case.when(at_ns)}{after.replace('a process: ', '')}",
                (
                    (
                        f"{counted(taken, 'event')} "
                        f"{verb(taken, 'were')} acknowledged afterwards, and none had such an effect"
                    ),
                    *near,
                    *goes_on,
                ),
                "look in the service's log at that moment: an exception that ended a loop or a thread, a lock or a "
                "connection "
                "that was never given back, a full queue",
                case.consequences(),
                at_ns,
            ),
            frozenset(f"event {number}" for number in _events_after(case, at_ns)),
        )


def _stops(case: Case, times: list[int]) -> bool:
    if len(times) < EFFECTS_MIN:
        return False
    last = times[-1]
    silence = case.history.start_ns + case.history.load_ns - last
    if silence < SILENCE_MIN_NS:
        return False
    longest = max((later - earlier for earlier, later in pairwise(times)), default=0)
    return silence >= SILENCE_MIN_GAPS * longest and _acknowledged_after(case, last) >= EVENTS_MIN


def _events_after(case: Case, at_ns: int) -> list[int]:
    acknowledged = [entry.event for entry in case.history.classified if entry.delivery == "acknowledged"]
    times = [event.at_ns for event in acknowledged]
    return [event.event for event in acknowledged[bisect_right(times, at_ns) :]]


def _acknowledged_after(case: Case, at_ns: int) -> int:
    return len(_events_after(case, at_ns))


def _near(case: Case, at_ns: int) -> list[str]:
    """What happened just before, the most telling first."""
    found = [
        f"a process: {what} came at {case.when(end_ns)}"
        for end_ns, what in case.process_ends
        if abs(at_ns - end_ns) <= NEAR_NS
    ]
    for delivery in case.history.deliveries.poison:
        came_ns = delivery.attempts[0].at_ns if delivery.attempts else 0
        if 0 <= at_ns + NEAR_NS - came_ns <= 2 * NEAR_NS:
            what = f"{kind_of(delivery.planned)}, which nobody can process"
            found.append(f"{what}, came at {case.when(came_ns)}, webhook {delivery.planned.webhook_id}")
    told = [call for call in case.calls if call.errors and call.status]  # without a status it was never answered
    failed = [call for call in told if abs(call.at_ns - at_ns) <= NEAR_NS]
    if failed:
        last = failed[-1]
        found.append(f"at {case.when(last.at_ns)} call {last.request} ({last.operation}) was told: {last.errors[0]}")
    return found


def _goes_on(stopped: dict[str, int], writes: list[int], pushes: list[int], at_ns: int) -> str:
    other, times = ("pushes", pushes) if "writes to the master" in stopped else ("writes to the master", writes)
    later = sum(time > at_ns for time in times)
    return f"{later} {other} came later" if later else f"there were no {other} at all"
