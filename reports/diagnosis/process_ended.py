"""A process of the subject ended, and nobody planned it."""

from collections.abc import Iterator

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.result import Diagnosis, counted, exit_text
from stockstorm.simulator.history import facts as f


class ProcessEnded(Diagnose):
    name = "process_ended"

    def __call__(self, case: Case) -> Iterator[Found]:
        by_process: dict[str, list[f.ProcessEnded]] = {}
        for end in case.history.all(f.ProcessEnded):
            by_process.setdefault(end.process, []).append(end)
        for process, ends in by_process.items():
            first = ends[0]
            lines = [line.strip()[:200] for line in first.lines if line.strip()]
            evidence = [f"{process} ended {exit_text(end.exit_code)} at {case.when(end.at_ns)}" for end in ends[:3]]
            evidence.append(f"its last log line: {lines[-1]}" if lines else "its log is empty")
            times = "" if len(ends) == 1 else f" {counted(len(ends), 'time')}, first"
            cause = f"{process} ended{times} {exit_text(first.exit_code)} at {case.when(first.at_ns)}, unplanned"
            remedy = (
                f"read the end of {process}'s log, in the folder logs of the run; what follows may be its consequence"
            )
            yield Found(
                Diagnosis(self.name, cause, tuple(evidence), remedy, case.consequences(), first.at_ns),
                frozenset({f"process {process}"}),
            )
