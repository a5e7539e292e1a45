"""Incidents without a guess of their own where a diagnosis explains them: they end with its cause in short.

A checker sees one SKU or one order, so it says what fits that one. A diagnosis sees all of them.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from stockstorm.reports.diagnosis.case import Found
from stockstorm.reports.result import Check, Incident

# What a checker says for certain, before its guess.
CERTAIN: Final = tuple(
    (re.compile(pattern, re.DOTALL), what)
    for pattern, what in (
        (r"(At rest .* would be right; it was (?:never set|last set at .*?, to -?\d+)); .*", r"\1"),
        (r"(At rest .* on the shelf); .*", r"\1"),
        (r"\S+ of (.+) moved (.+) by (.+?) more than once, (at .+)", r"\1: \2 was moved by \3 too many, \4"),
        (r"(A write .* beyond the orders that it names); .*", r"\1"),
        (r"(The record of .* orders make)[:;] .*", r"\1"),
    )
)


def retold(checks: tuple[Check, ...], found: Sequence[Found]) -> tuple[Check, ...]:
    """The checks, with the incidents that a diagnosis explains told by it. Verdicts and reasons stay."""
    telling = [each for each in found if each.short]
    return tuple(_retold(check, telling) for check in checks) if telling else checks


def _retold(check: Check, telling: Sequence[Found]) -> Check:
    explaining = [each for each in telling if check.name in each.diagnosis.explains]
    if not explaining:
        return check
    return replace(check, incidents=tuple(_told(incident, explaining) for incident in check.incidents))


def _told(incident: Incident, explaining: Sequence[Found]) -> Incident:
    keys = set(_keys(incident))
    short = next((each.short for each in explaining if keys & (each.tells or each.covers)), "")
    certain = _certain(incident.text) if short else ""
    return replace(incident, text=f"{certain}: {short}") if certain else incident


def _keys(incident: Incident) -> Iterator[str]:
    if incident.channel and incident.order < 0:  # of a listing
        yield from (f"listing {incident.channel} {incident.sku}", f"listings {incident.channel}")
        return
    yield from (f"event {event}" for event in incident.events)
    if incident.sku and incident.order < 0:
        yield f"sku {incident.sku}"


def _certain(text: str) -> str:
    """The text without its guess; empty where it has none."""
    for pattern, what in CERTAIN:
        if found := pattern.fullmatch(text):
            return found.expand(what)
    return ""
