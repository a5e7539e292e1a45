"""Incidents: each one with the chain that led to it, in order of time, and with what one greps in one's own log."""

from typing import Final

import msgspec
from markupsafe import Markup

from stockstorm.reports.formats import duration_text, money_text
from stockstorm.reports.render.causes import cause_of
from stockstorm.reports.render.page import render
from stockstorm.reports.render.view import RunView
from stockstorm.reports.result import CHAINS_KEPT, CLOCK, Finding, Incident, Step

INCIDENTS_SHOWN: Final = CHAINS_KEPT  # per check
SIDES: Final = {"": "", "first": "first writer", "second": "second writer"}


class StepRow(msgspec.Struct, frozen=True):
    """One line of an opened incident. `ids`: names and values that a log can hold. `clock`: time of day in UTC."""

    at: str
    clock: str
    kind: str
    side: str
    text: str
    ids: list[tuple[str, str]]


class IncidentRow(msgspec.Struct, frozen=True):
    """One incident with its details (name, value) and the steps that led to it. `sided`: two writers, side by side."""

    at: str
    wall: str
    kind: str
    text: str
    details: list[tuple[str, str]]
    steps: list[StepRow]
    sided: bool


class IncidentGroup(msgspec.Struct, frozen=True):
    """The first incidents of one check. `cause`: the numbers of the causes that explain it."""

    check: str
    verdict: Finding
    total: int
    cause: str
    incidents: list[IncidentRow]


def incidents(view: RunView) -> Markup:
    """Incidents by check, the first `INCIDENTS_SHOWN` of each, with their total."""
    groups = [
        IncidentGroup(
            check.name,
            check.verdict,
            max(check.incidents_total, len(check.incidents)),
            cause_of(view.result, check.name),
            [_incident_row(view, incident) for incident in check.incidents[:INCIDENTS_SHOWN]],
        )
        for check in view.result.checks
        if check.incidents
    ]
    return render("report/incidents.html", groups=groups)


def _incident_row(view: RunView, incident: Incident) -> IncidentRow:
    steps = [_step_row(view, step) for step in incident.chain]
    at = _at(view, incident.at_ns)
    return IncidentRow(
        at,
        incident.wall,
        incident.kind,
        incident.text,
        _details(view, incident),
        steps,
        any(step.side for step in steps),
    )


def _step_row(view: RunView, step: Step) -> StepRow:
    at = _at(view, step.at_ns)
    return StepRow(at, step.wall[CLOCK], step.kind, SIDES[step.side], step.text, list(step.ids.items()))


def _at(view: RunView, at_ns: int) -> str:
    return f"{view.seconds(at_ns):.3f} s"


def _details(view: RunView, incident: Incident) -> list[tuple[str, str]]:
    found = [("channel", incident.channel), ("SKU", incident.sku)]
    if incident.units:
        found.append(("units", str(incident.units)))
    if incident.value_minor:
        found.append(("value", money_text(incident.value_minor / 100, view.currency)))
    found += [_detail(name, value) for name, value in incident.details.items()]
    return [(name, value) for name, value in found if value]


def _detail(name: str, value: str) -> tuple[str, str]:
    if name.endswith("_ms"):
        try:
            return name.removesuffix("_ms").replace("_", " "), duration_text(float(value))
        except ValueError:
            pass  # the checker wrote a text instead of a number: it is shown unchanged
    return name.replace("_", " "), value
