"""Connections and files that the subject opens and never closes."""

from collections.abc import Iterator

from stockstorm.reports.checkers.connections import opened_connections
from stockstorm.reports.checkers.descriptors import held_descriptors
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.clock import SECOND_NS

CHECK = "connections"
HELD = "descriptors"
REMEDY = (
    "keep one client for the life of the process and let it reuse its connections; close a response, and a client that "
    "was made for one call"
)


class OpenConnections(Diagnose):
    name = "open_connections"

    def __call__(self, case: Case) -> Iterator[Found]:
        if CHECK in case.invalid:
            yield self._to_apis(case)
        elif HELD in case.invalid:
            yield self._held(case)

    def _to_apis(self, case: Case) -> Found:
        opened = opened_connections(case.history)
        first_s = opened.idle[0][0] if opened.idle else 0.0
        return Found(
            Diagnosis(
                self.name,
                f"connections to the APIs are opened and never closed: at most {opened.open_max:,} were open, and no "
                f"more than {opened.used_max:,} carried a request in one second",
                tuple(f"idle at {case.when(int(at * SECOND_NS))}: {count:,.0f}" for at, count in _ends(opened.idle)),
                REMEDY,
                case.consequences(CHECK, HELD, "memory"),
                int(first_s * SECOND_NS),
            )
        )

    def _held(self, case: Case) -> Found:
        leaks = [one for one in held_descriptors(case.history) if one.leaks]
        names = " and ".join(one.process for one in leaks)
        more, seconds = sum(one.growth for one in leaks), leaks[0].seconds
        return Found(
            Diagnosis(
                self.name,
                f"{names} opens files or connections and does not close them: {more:,.0f} more in {seconds:.0f} s",
                tuple(incident.text for incident in case.incidents("descriptors_left_open")),
                f"look for connections to a database, a cache or a queue, and for files; {REMEDY}",
                case.consequences(HELD, "memory"),
                int(leaks[0].samples[0][0] * SECOND_NS),
            )
        )


def _ends(samples: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [samples[0], samples[-1]] if samples else []
