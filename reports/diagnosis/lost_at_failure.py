"""Events that were lost just before a process ended, or just before a write to the master failed."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.alone import lost_note
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.lost_events import CHECKS, lost_and_taken, taken_at
from stockstorm.reports.diagnosis.moments import followed
from stockstorm.reports.history.reads import writes_stock
from stockstorm.reports.result import Diagnosis, verb

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
