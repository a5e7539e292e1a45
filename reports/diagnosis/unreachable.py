"""Connections to the subject were refused or not accepted, outside of every planned fault."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.answers import answers
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.history.facts import SubscriptionCreated

UNCONNECTED: Final = frozenset({"connect_refused", "connect_timeout"})
FAILURES_MIN: Final = 3


class Unreachable(Diagnose):
    name = "unreachable"
    after = ("process_ended",)

    def __call__(self, case: Case) -> Iterator[Found]:
        failed = [attempt for _, attempt in answers(case, lambda attempt: attempt.error in UNCONNECTED)]
        if len(failed) < FAILURES_MIN:
            return
        tried = sum(len(delivery.attempts) for delivery in case.genuine)
        refused = sum(attempt.error == "connect_refused" for attempt in failed)
        addresses = sorted({fact.uri for fact in _subscriptions(case)})
        how = "refused" if refused >= len(failed) - refused else "not accepted within a second"
        yield Found(
            Diagnosis(
                self.name,
                f"{len(failed):,} of {tried:,} connections to the service were {how}",
                (
                    f"first at {case.when(failed[0].at_ns)}, last at {case.when(failed[-1].at_ns)}",
                    f"its addresses are {', '.join(addresses[:4]) or 'unknown'}",
                ),
                "start the service before the run, and give the address and port on which it listens; "
                "a full accept queue (backlog) refuses connections too",
                case.consequences(),
                failed[0].at_ns,
            )
        )


def _subscriptions(case: Case) -> list[SubscriptionCreated]:
    return case.history.all(SubscriptionCreated)
