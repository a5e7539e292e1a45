"""Genuine deliveries that were refused or failed for another reason than their signature, outside of every fault.

Those that were not answered in time are the matter of `slow_answers`.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from stockstorm.reports.checkers.delivery_success import FAILURES_MIN, FAILURES_SHARE_MAX
from stockstorm.reports.diagnosis.answers import (
    Answered,
    attempts_of,
    compared,
    examples,
    failures,
    removals,
    shared,
    texts,
)
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.diagnosis.signature_check import DENIED
from stockstorm.reports.diagnosis.traits import said
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.history.attempt_errors import ATTEMPT_ERRORS, CUT_OFF, UNCONNECTED

KINDS_MAX: Final = 3
OF_ANSWERS: Final = ("delivery", "delivery_success", "ack_time")  # all that a few failures which a retry healed explain
CUT: Final = "were cut off before an answer"
NO_HTTP: Final = "were answered by something that is not HTTP"
END_SEEN_WITHIN_NS: Final = SECOND_NS  # of the end of a process, which cuts off what it had taken


class WebhookFailures(Diagnose):
    name = "webhook_failures"

    def __call__(self, case: Case) -> Iterator[Found]:
        ends = [end.at_ns for end in case.history.all(f.ProcessEnded)]
        if ends and (ended := case.history.last(f.RunEnded)) is not None and not ended.complete:
            ends.append(ended.at_ns)  # of the end that was one too many
        failed = [one for one in failures(case, _failed) if not _cut_by_an_end(one[1], ends)]
        if not failed:
            return
        by_way: dict[str, list[Answered]] = {}
        for one in failed:
            by_way.setdefault(_way(one[1]), []).append(one)
        accepted = attempts_of(case).accepted
        tried = sum(len(delivery.attempts) for delivery in case.genuine)
        largest = sorted(by_way.items(), key=lambda item: -len(item[1]))[:KINDS_MAX]
        for way, found in largest:
            yield _found(self.name, case, way, found, accepted, tried)


def _found(name: str, case: Case, way: str, found: list[Answered], accepted: list[Answered], tried: int) -> Found:
    common = compared(case, found, accepted)
    said_by_subject = texts(found)[:2]
    which = f"; they are {said(common[0].traits)}" if common and common[0].bad == common[0].bad_of else ""
    seldom = len(found) < FAILURES_MIN or len(found) <= FAILURES_SHARE_MAX * tried
    healed = all(delivery.outcome == "acknowledged" for delivery, _ in found)
    cause = f"{len(found):,} of {tried:,} attempts to deliver {way}{which}"
    if seldom and healed:
        cause += "; a later attempt of each was acknowledged"
    evidence = [*shared(common, "failed ones"), examples(case, found), *removals(case)]
    if way == CUT:
        counts = Counter(ATTEMPT_ERRORS[attempt.error] for _, attempt in found)
        evidence.insert(0, ", ".join(f"{count:,}: {how}" for how, count in counts.most_common()))
    if said_by_subject:
        evidence.insert(0, f"the service said {' and '.join(said_by_subject)}")
    hints = [trait.hint for one in common for trait in one.traits]
    explains = case.consequences(*(OF_ANSWERS if seldom and healed else ()))
    remedy = "; ".join(dict.fromkeys(["look for these requests in the service's own log", *hints]))
    return Found(
        Diagnosis(name, cause, tuple(evidence), remedy, explains, found[0][1].at_ns),
        frozenset(f"event {delivery.planned.event}" for delivery, _ in found),
    )


def _failed(attempt: f.AttemptEnded) -> bool:
    return attempt.status not in DENIED and attempt.error not in UNCONNECTED | {"answer_timeout"}


def _cut_by_an_end(attempt: f.AttemptEnded, ends: list[int]) -> bool:
    return attempt.error in CUT_OFF and any(0 <= end - attempt.at_ns <= END_SEEN_WITHIN_NS for end in ends)


def _way(attempt: f.AttemptEnded) -> str:
    if attempt.error == "protocol":
        return NO_HTTP
    return CUT if attempt.error in CUT_OFF else f"were answered {attempt.status}"
