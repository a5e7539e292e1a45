"""Calls to paths, methods or fields that are not simulated."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, ordered
from stockstorm.reports.result import Diagnosis, counted

UNPLAYED: Final = frozenset({404, 405})
SHOWN: Final = 3


class NotPlayed(Diagnose):
    name = "not_played"

    def __call__(self, case: Case) -> Iterator[Found]:
        calls = [call for call in case.calls if call.status in UNPLAYED]
        if not calls:
            return
        paths = list(ordered(call.operation for call in calls))
        rest = all(path.endswith(".json") and "graphql" not in path for path, _ in paths)
        what = "REST paths that are not played" if rest else "paths or methods that are not played"
        yield Found(
            Diagnosis(
                self.name,
                f"{counted(len(calls), 'call')} to {what}",
                tuple(f"{path or 'an unknown path'}: {counted(count, 'call')}" for path, count in paths[:SHOWN]),
                "Stockstorm plays the Admin API in GraphQL (POST /admin/api/VERSION/graphql.json) and the marketplace "
                "API; docs/own_service.md lists both. Use these, or a client library that does",
                case.consequences(),
                calls[0].at_ns,
            ),
            frozenset(f"call {call.request}" for call in calls),
        )
