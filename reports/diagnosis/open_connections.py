"""Connections to the APIs that the subject opens and never closes."""

from collections.abc import Iterator

from stockstorm.reports.checkers.connections import opened_connections
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.clock import SECOND_NS

CHECK = "connections"


class OpenConnections(Diagnose):
    name = "open_connections"

    def __call__(self, case: Case) -> Iterator[Found]:
        if CHECK not in case.invalid:
            return
        opened = opened_connections(case.history)
        first_s = opened.idle[0][0] if opened.idle else 0.0
        yield Found(
            Diagnosis(
                self.name,
                f"connections to the APIs are opened and never closed: at most {opened.open_max:,} were open, and no "
                f"more than {opened.used_max:,} carried a request in one second",
                tuple(f"idle at {case.when(int(at * SECOND_NS))}: {count:,.0f}" for at, count in _ends(opened.idle)),
                "keep one client for the life of the process and let it reuse its connections; close a response, and a "
                "client that was made for one call",
                case.consequences(CHECK, "memory"),
                int(first_s * SECOND_NS),
            )
        )


def _ends(samples: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [samples[0], samples[-1]] if samples else []
