"""Calls for what Shopify has and Stockstorm does not play, and calls to paths that no played API has."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, ordered
from stockstorm.reports.history.reads import REST
from stockstorm.reports.result import Diagnosis, counted
from stockstorm.simulator.history import facts as f

SHOWN: Final = 3
_NOWHERE: Final = frozenset({404, 405, 406})


# What some marketplaces have and others have not, by the scenario. A subject may ask, and learns it by a 404.
_OFFERED_BY_SOME: Final = frozenset({"PUT notifications", "GET orders"})


def nowhere(call: f.ApiCalled) -> bool:
    """Whether the call went to a path or a method that no API has. A known operation names its resource instead."""
    known = call.operation.startswith(REST) or not_offered(call)
    return call.status in _NOWHERE and not call.unplayed and not known


def not_offered(call: f.ApiCalled) -> bool:
    """Whether a marketplace answered that it notifies nobody, or that it has no feed."""
    return call.status == 404 and call.operation in _OFFERED_BY_SOME


class NotPlayed(Diagnose):
    name = "not_played"

    def __call__(self, case: Case) -> Iterator[Found]:
        unplayed = [call for call in case.calls if call.unplayed]
        if unplayed:
            yield self._found(
                case,
                unplayed,
                f"{counted(len(unplayed), 'call')} asked for what Shopify has and Stockstorm does not play",
                [f"the {name}" for call in unplayed for name in call.unplayed],
                "docs/own_service.md lists what is played; use that, or let the service do without these calls here. "
                "The results say nothing about them",
            )
        astray = [call for call in case.calls if nowhere(call)]
        if astray:
            yield self._found(
                case,
                astray,
                f"{counted(len(astray), 'call')} to paths or methods that no played API has",
                [call.operation or "an unknown path" for call in astray],
                "Stockstorm plays Shopify's Admin API (/admin/api/VERSION/graphql.json, and REST beside it) and the "
                "marketplace API; docs/own_service.md lists both",
            )

    def _found(self, case: Case, calls: list[f.ApiCalled], cause: str, names: list[str], remedy: str) -> Found:
        shown = [f"{name}: {counted(count, 'call')}" for name, count in ordered(names)][:SHOWN]
        return Found(
            Diagnosis(self.name, cause, tuple(shown), remedy, case.consequences(), calls[0].at_ns),
            frozenset(f"call {call.request}" for call in calls),
        )
