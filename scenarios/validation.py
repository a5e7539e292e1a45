"""From the tables of a file to a `Scenario`, or to every problem in it.

Subtlety: relations between keys are checked even where other keys are wrong. Wrong values are taken out and stand-ins
put where something is required; what a check says about a key that was wrong by itself is left unsaid.
"""

import copy
import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from stockstorm.scenarios.checks import relation_problems
from stockstorm.scenarios.problems import Problem
from stockstorm.scenarios.remedies import allowed, did_you_mean
from stockstorm.scenarios.schema import part_at
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.config import FAULTS

Path = tuple[str | int, ...]

_ROUNDS_MAX: Final = 4  # taking out a wrong value can leave a required one missing, and that twice at most
_STAND_INS: Final[Mapping[tuple[str, ...], Any]] = {
    ("name",): "stand_in",
    ("title",): "stand-in",
    ("shows",): "stand-in",
    ("channels",): [{"name": "online"}],
    ("channels", "name"): "stand_in",
    ("phases",): [{"name": "stand_in", "seconds": 1.0}],
    ("phases", "name"): "stand_in",
    ("phases", "seconds"): 1.0,
    ("perturbations", "kind"): "delay",
    ("perturbations", "share"): 0.0,
    ("faults", "kind"): next(iter(FAULTS)),
    ("faults", "at_s"): 0.0,
}


def validated(tables: Mapping[str, Any]) -> Scenario | list[Problem]:
    """The scenario that the tables describe, or all that is wrong with them, in the order of keys."""
    scenario, errors = _parsed(tables)
    if scenario is not None:
        return relation_problems(scenario) or scenario
    problems = [_problem(error, tables) for error in errors]
    broken = {problem.key for problem in problems}
    sound, rest = _mended(copy.deepcopy(dict(tables)), errors)
    if sound is not None:
        broken |= {_dotted(error["loc"]) for error in rest}
        problems += [found for found in relation_problems(sound) if not _touches(found, broken)]
    return problems


def _parsed(tables: Mapping[str, Any]) -> tuple[Scenario | None, list[ErrorDetails]]:
    """Strictly, by way of JSON: a list is a tuple then, but a text is no number and `true` is not 1."""
    try:
        return Scenario.model_validate_json(json.dumps(tables, default=str), strict=True), []
    except ValidationError as error:
        return None, [found for found in error.errors(include_url=False) if not _echo(found)]


def _echo(error: ErrorDetails) -> bool:
    """A list counts as too short when its entries are wrong; only a list that is really empty is worth a word."""
    return error["type"] == "too_short" and bool(error["input"])


def _problem(error: ErrorDetails, tables: Mapping[str, Any]) -> Problem:
    path: Path = error["loc"]
    key, last = _dotted(path), str(path[-1])
    match error["type"]:
        case "extra_forbidden":
            return Problem(key, f"unknown key {last!r}", did_you_mean(last, part_at(path[:-1]).get("properties", {})))
        case "missing":
            return Problem(key, "missing", f"add `{last} = …`, {allowed(path)}")
        case "string_type" if path[0] == "expect":
            return Problem(key, f"{_shown(error['input'])} is not a condition", _expect_remedy(last, error["input"]))
        case _:
            return Problem(key, f"{_shown(_value_at(tables, path))} does not fit", f"write {allowed(path)}")


def _expect_remedy(name: str, value: object) -> str:
    if isinstance(value, dict) and value:
        measure, condition = next(iter(value.items()))
        return f'put the name of the measure in quotes: "{name}.{measure}" = {_shown(condition)}'
    return 'write a condition in quotes, e.g. "< 2000" or "== 0"'


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _value_at(tables: Mapping[str, Any], path: Path) -> object:
    value: Any = tables
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _mended(tables: dict[str, Any], errors: list[ErrorDetails]) -> tuple[Scenario | None, list[ErrorDetails]]:
    """The scenario without its wrong values, and all errors met on the way."""
    met = list(errors)
    for _ in range(_ROUNDS_MAX):
        for error in errors:
            _take_out(tables, error["loc"], missing=error["type"] == "missing")
        scenario, errors = _parsed(tables)
        if scenario is not None:
            return scenario, met
        met += errors
    return None, met


def _take_out(tables: dict[str, Any], path: Path, *, missing: bool) -> None:
    holder, last = _value_at(tables, path[:-1]), path[-1]
    if isinstance(holder, list) and isinstance(last, int):
        holder[last] = {}  # its place is kept, so that the others keep their numbers
    elif isinstance(holder, dict):
        holder.pop(last, None)
        if missing:
            holder[last] = copy.deepcopy(_STAND_INS[tuple(step for step in path if isinstance(step, str))])


def _touches(problem: Problem, broken: set[str]) -> bool:
    return any(key == wrong or key.startswith(f"{wrong}.") for key in (problem.key, *problem.reads) for wrong in broken)


def _dotted(path: Path) -> str:
    """`phases.0.rate`; a step with a dot of its own stands in quotes, as in the file."""
    return ".".join(f'"{step}"' if "." in str(step) else str(step) for step in path)
