"""Events that were lost just before a process ended, or just before a write to the master failed."""

import math
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.alone import lost_note
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, ordered, quoted
from stockstorm.reports.diagnosis.contrast import CHANCE_MAX, LIFT_MIN, chance
from stockstorm.reports.diagnosis.lost_events import CHECKS, lost_and_taken, taken_at
from stockstorm.reports.diagnosis.moments import followed
from stockstorm.reports.history.faults import ENDS
from stockstorm.reports.history.reads import writes_stock
from stockstorm.reports.result import Diagnosis, verb
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

SHARE_MIN: Final = 0.7  # of the lost events
SHORT_LIFE_NS: Final = 2 * SECOND_NS
BEFORE_NS: Final = SECOND_NS // 2  # the first end, in which events that wait were acknowledged
REFUSED: Final = frozenset({"user_error", "error"})
FAILED: Final = frozenset({"failed", "error", "user_error"})
STORE: Final = (
    "answer 2xx only after the event is stored durably, mark it as done only together with its effect, and let the "
    "next "
    "start take up what is stored"
)
AGAIN: Final = (
    "mark an event as done only after the write was answered with success; a write that failed, was throttled or got "
    "no "
    "answer has to be sent again, with the same idempotency key"
)
REFUSED_REMEDY: Final = (
    "read userErrors of every answer: a write that was refused changed nothing. Where a level was not what was "
    "expected, read it again and write again with a new key; mark an event as done only after a write was taken"
)


class _Suspect(NamedTuple):
    what: str
    moments: list[int]
    remedy: str


class LostAtFailure(Diagnose):
    name = "lost_at_failure"
    checks = CHECKS
    at_rest = True
    after = ("no_call", "stops")

    def __call__(self, case: Case) -> Iterator[Found]:
        bad, good = lost_and_taken(case)
        if not bad:
            return
        refused = _before_refusal(case, bad, good)
        if refused is not None:
            yield refused
            return
        for suspect in _suspects(case):
            near = followed(taken_at(case, bad), taken_at(case, good), suspect.moments)
            if near is None:
                continue
            lost = [bad[place] for place in sorted(near.covers)]
            yield Found(
                Diagnosis(
                    self.name,
                    f"{near.bad} of {near.bad_of} lost events "
                    f"{verb(near.bad, 'were')} acknowledged less than {near.window} before "
                    f"{suspect.what}",
                    (
                        f"of the {near.good_of:,} events that had their effect, {near.good:,} came as shortly before",
                        "lost, for example, " + quoted(case.named(event) for event in lost),
                        *lost_note(case),
                    ),
                    suspect.remedy,
                    case.consequences(*CHECKS),
                    lost[0].at_ns,
                ),
                frozenset(f"event {event.event}" for event in lost),
            )
            return
        yield from _waited_for_a_short_life(case, bad, good)


def _waited_for_a_short_life(case: Case, bad: list[f.EventFired], good: list[f.EventFired]) -> Iterator[Found]:
    """Lost events that waited while a process was down, and were lost as it ended again soon after its start."""
    ends = [one for one in case.history.fault_intervals if one.planned and one.fault in ENDS]
    for first, again in pairwise(sorted(ends, key=lambda one: one.begin_ns)):
        lived_ns = again.begin_ns - first.end_ns
        if first.target != again.target or not 0 <= lived_ns <= SHORT_LIFE_NS:
            continue
        begin_ns, end_ns = first.begin_ns - BEFORE_NS, again.begin_ns
        lost, others = (
            [event for event, at_ns in zip(some, taken_at(case, some), strict=True) if begin_ns <= at_ns <= end_ns]
            for some in (bad, good)
        )
        if len(lost) < SHARE_MIN * len(bad) or not good or len(lost) / len(bad) < LIFT_MIN * len(others) / len(good):
            continue
        if chance(len(lost), len(bad), len(lost) + len(others), len(bad) + len(good)) > math.log(CHANCE_MAX):
            continue
        yield Found(
            Diagnosis(
                LostAtFailure.name,
                f"{len(lost)} of {len(bad)} lost events waited before a process of the service ended that had been up "
                f"for {lived_ns / SECOND_NS:.1f} s",
                (
                    f"down from {case.when(first.begin_ns)} to {case.when(first.end_ns)}, and from "
                    + case.when(again.begin_ns),
                    f"of the {len(good):,} events that had their effect, {len(others):,} came in that time",
                    "lost, for example, " + quoted(case.named(event) for event in lost),
                    *lost_note(case),
                ),
                STORE,
                case.consequences(*CHECKS),
                lost[0].at_ns,
            ),
            frozenset(f"event {event.event}" for event in lost),
        )
        return


def _before_refusal(case: Case, bad: list[f.EventFired], good: list[f.EventFired]) -> Found | None:
    """Lost events whose next write to the master was refused, where that of hardly any other event was.

    A window of time says less: where every second write is refused, each event comes shortly before such a one.
    """
    writes = sorted((call for call in case.calls if writes_stock(call.operation)), key=_begun)
    begun, places = [_begun(call) for call in writes], frozenset(case.history.marketplaces)
    good = [event for event in good if event.source in places]

    def refusals(events: list[f.EventFired]) -> list[tuple[f.EventFired, f.ApiCalled]]:
        following = ((event, bisect_right(begun, at)) for event, at in zip(events, taken_at(case, events), strict=True))
        found = ((event, writes[place]) for event, place in following if place < len(writes))
        return [(event, call) for event, call in found if call.outcome in REFUSED]

    lost, others = refusals(bad), refusals(good)
    if len(lost) < SHARE_MIN * len(bad) or not good or len(lost) / len(bad) < LIFT_MIN * len(others) / len(good):
        return None
    if chance(len(lost), len(bad), len(lost) + len(others), len(bad) + len(good)) > math.log(CHANCE_MAX):
        return None
    text, count = next(iter(ordered(call.errors[0] if call.errors else call.outcome for _, call in lost)))
    return Found(
        Diagnosis(
            LostAtFailure.name,
            f"for {len(lost)} of {len(bad)} lost events the next write to the master was refused, and they are in no "
            f"later one: {text}",
            (
                f"it was for {len(others):,} of the {len(good):,} events of marketplaces that had their effect",
                f"{len({call.request for _, call in lost})} refused writes; this text for {count} of these events",
                "lost, for example, " + quoted(case.named(event) for event, _ in lost),
                *lost_note(case),
            ),
            REFUSED_REMEDY,
            case.consequences(*CHECKS),
            lost[0][0].at_ns,
        ),
        frozenset(f"event {event.event}" for event, _ in lost),
    )


def _begun(call: f.ApiCalled) -> int:
    return call.started_ns or call.at_ns


def _suspects(case: Case) -> Iterator[_Suspect]:
    yield _Suspect("a process of the service ended", [at_ns for at_ns, _ in case.process_ends], STORE)
    writes = [call for call in case.calls if writes_stock(call.operation)]
    ways = {
        "was throttled": [call.at_ns for call in writes if call.outcome == "throttled"],
        "failed": [call.at_ns for call in writes if call.outcome in FAILED],
        "got no answer": [call.at_ns for call in writes if call.status == 0],
    }
    for what, moments in ways.items():
        yield _Suspect(f"a write to the master {what}", moments, AGAIN)
    every = [at_ns for moments in ways.values() for at_ns in moments]
    yield _Suspect("a write to the master failed, was throttled or got no answer", every, AGAIN)
