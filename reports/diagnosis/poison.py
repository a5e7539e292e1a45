"""A process of the subject ends whenever a delivery comes that nobody can process."""

from collections.abc import Iterator

from stockstorm.reports.checkers.poison import kind_of
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.result import Diagnosis, counted


class Poison(Diagnose):
    name = "poison"

    def __call__(self, case: Case) -> Iterator[Found]:
        found = case.history.poison_ends
        if found is None:
            return
        process, first, times = found.outages[0].process, found.deliveries[0], len(found.outages)
        such = counted(len(found.deliveries), "such notification")
        yield Found(
            Diagnosis(
                self.name,
                f"{process} ended {times} times, each time just after {kind_of(first.planned)}, which nobody "
                "can process",
                (
                    f"each of {such} that met a running {process} ended it",
                    f"the first was webhook {first.planned.webhook_id} at {case.when(first.attempts[0].at_ns)}",
                ),
                "catch what goes wrong with one event, put the event aside with its error, and go on with the next",
                case.consequences(),
                first.attempts[0].at_ns,
            ),
            frozenset({f"process {process}"}),
        )
