"""A process of the subject ended, and nobody planned it."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.checkers.poison import kind_of
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.result import Diagnosis, counted, exit_text
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.history.last_words import telling

JUST_BEFORE_NS: Final = SECOND_NS
LINE_MAX: Final = 200  # characters of its log's line


class ProcessEnded(Diagnose):
    name = "process_ended"

    def __call__(self, case: Case) -> Iterator[Found]:
        by_process: dict[str, list[f.ProcessEnded]] = {}
        for end in case.history.all(f.ProcessEnded):
            by_process.setdefault(end.process, []).append(end)
        for process, ends in by_process.items():
            first = ends[0]
            said = telling(first.lines)[:LINE_MAX]
            evidence = [f"{process} ended {exit_text(end.exit_code)} at {case.when(end.at_ns)}" for end in ends[:3]]
            evidence += _poison_before(case, first)
            evidence.append(f"its log ends with: {said}" if said else "its log is empty")
            times = "" if len(ends) == 1 else f" {counted(len(ends), 'time')}, first"
            cause = f"{process} ended{times} {exit_text(first.exit_code)} at {case.when(first.at_ns)}, unplanned"
            remedy = (
                f"read the end of {process}'s log, in the folder logs of the run; what follows may be its consequence"
            )
            yield Found(
                Diagnosis(self.name, cause, tuple(evidence), remedy, case.consequences(), first.at_ns),
                frozenset({f"process {process}"}),
            )


def _poison_before(case: Case, end: f.ProcessEnded) -> list[str]:
    """The last delivery that nobody can process, if it came just before the end. It may be chance."""
    times = [(one.attempts[0].at_ns, one) for one in case.history.deliveries.poison if one.attempts]
    came = [(at_ns, one) for at_ns, one in times if 0 <= end.at_ns - at_ns <= JUST_BEFORE_NS]
    if not came:
        return []
    at_ns, last = max(came, key=lambda each: each[0])
    what = f"{kind_of(last.planned)}, which nobody can process"
    return [f"just before, at {case.when(at_ns)}, came {what}: webhook {last.planned.webhook_id}"]
