"""Reads a scenario file: TOML to tables, tables to a `Scenario`, or one error that holds every problem.

Relations between keys are checked even where other keys are wrong. For that, wrong values are removed and stand-ins
are put where a value is required. A relation that involves a wrong key is not reported.
"""

import copy
import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from stockstorm.scenarios.checks import expectation_problems, relation_problems
from stockstorm.scenarios.key_problems import dotted, key_problem, value_at
from stockstorm.scenarios.problems import Problem, did_you_mean, scenario_error
from stockstorm.scenarios.schema import KeyPath, schema
from stockstorm.scenarios.spec import Scenario
from stockstorm.scenarios.tables import read_tables
from stockstorm.simulator.config import API_FAULTS, FAULTS, LIFE
from stockstorm.simulator.errors import ScenarioError

CATALOGUE: Final = Path(__file__).parent
NAME_MAX: Final = 40

_ROUNDS_MAX: Final = 4  # removing a wrong value can leave a required one missing, at most twice
_STAND_INS: Final[Mapping[tuple[str, ...], Any]] = {
    ("name",): "stand_in",
    ("title",): "stand-in",
    ("shows",): "stand-in",
    ("channels",): [{"name": "online"}],
    ("channels", "name"): "stand_in",
    ("phases",): [{"name": "stand_in", "seconds": 1.0}],
    ("phases", "name"): "stand_in",
    ("phases", "seconds"): 1.0,
    ("perturbations", "kind"): "duplicate",
    ("perturbations", "share"): 0.0,
    ("faults", "kind"): next(iter(FAULTS)),
    ("faults", "at_s"): 0.0,
    ("api_faults", "kind"): next(iter(API_FAULTS)),
    ("life", "kind"): next(iter(LIFE)),
    ("life", "at_s"): 0.0,
}


def load(name_or_path: str, measures: Collection[str] | None = None) -> Scenario:
    """The shipped scenario of that name, or the one in that file (`./my_shop.toml`).

    `measures` are the names that [expect] may use; None leaves them unchecked. Raises `ScenarioError` with every
    problem at once: key path, what was found, what to write instead.
    """
    path = _found(name_or_path)
    tables = read_tables(path)
    named = "name" in tables
    tables.setdefault("name", path.stem)
    match validated(tables, measures):
        case Scenario() as scenario:
            return scenario
        case problems:
            raise scenario_error(
                str(path),
                [found if named or found.key != "name" else _file_name_problem(path) for found in problems],
            )


def recorded(tables: Mapping[str, Any]) -> Scenario:
    """The scenario that a stored run recorded, whichever version of Stockstorm wrote it.

    Keys that this version does not know and values that no longer fit are left out. Required values that are missing
    get stand-ins. Raises `ScenarioError` for an [expect] that cannot be read, because a threshold must not vanish.
    """
    scenario, errors = _parsed(tables)
    if unreadable := [key_problem(error, tables, schema()) for error in errors if error["loc"][0] == "expect"]:
        raise scenario_error("the recorded scenario", unreadable)
    if scenario is None:
        scenario, _ = _repaired(copy.deepcopy(dict(tables)), errors)
    if scenario is None:
        remedy = "judge it with the version that ran it"
        raise ScenarioError("the recorded scenario", "it does not fit this version", remedy)
    return scenario.model_copy(update={text: str(tables.get(text, "")) for text in ("name", "title", "shows")})


def shipped_names() -> list[str]:
    """Names of the scenarios that ship with Stockstorm, in alphabetical order."""
    return sorted(path.stem for path in CATALOGUE.glob("*.toml"))


def list_scenarios() -> tuple[Scenario, ...]:
    """Every shipped scenario, shortest load first, so that a newcomer begins at the top."""
    return tuple(
        sorted((load(name) for name in shipped_names()), key=lambda scenario: (scenario.load_s, scenario.name))
    )


def _found(name_or_path: str) -> Path:
    path = Path(name_or_path)
    if path.suffix == ".toml" or len(path.parts) > 1:
        if path.is_file():
            return path
        raise ScenarioError(
            name_or_path,
            "that is a directory" if path.is_dir() else "there is no such file",
            "give the path of a scenario file, or a name: " + ", ".join(shipped_names()),
        )
    if name_or_path in shipped_names():
        return CATALOGUE / f"{name_or_path}.toml"
    remedy = did_you_mean(name_or_path, shipped_names()) + "; for a file of your own give its path, ./my_shop.toml"
    raise ScenarioError(f"scenario {name_or_path!r}", "no scenario has that name", remedy)


def _file_name_problem(path: Path) -> Problem:
    """The file gives no name, and its own name is not a valid one."""
    near = re.sub(r"[^a-z0-9]+", "_", path.stem.lower()).strip("_")[:NAME_MAX]
    near = near if near[:1].isalpha() else "my_shop"
    remedy = f'rename it to {near}.toml, or write name = "{near}" at its top (a-z, 0-9 and _, at most {NAME_MAX})'
    return Problem("name", f"the file's own name, {path.stem!r}, cannot name a scenario", remedy)


def validated(tables: Mapping[str, Any], measures: Collection[str] | None = None) -> Scenario | list[Problem]:
    """The scenario that the tables describe, or everything that is wrong with them, in the order of keys."""
    scenario, errors = _parsed(tables)
    if scenario is not None:
        return _problems_between(scenario, measures) or scenario
    problems = [key_problem(error, tables, schema()) for error in errors]
    broken = {problem.key for problem in problems}
    sound, rest = _repaired(copy.deepcopy(dict(tables)), errors)
    if sound is not None:
        broken |= {dotted(error["loc"]) for error in rest}
        problems += [found for found in _problems_between(sound, measures) if not _touches(found, broken)]
    return problems


def _problems_between(scenario: Scenario, measures: Collection[str] | None) -> list[Problem]:
    return relation_problems(scenario) + expectation_problems(scenario, measures)


def _parsed(tables: Mapping[str, Any]) -> tuple[Scenario | None, list[ErrorDetails]]:
    """Strict, by way of JSON: a list becomes a tuple, but a string does not become a number, nor `true` 1."""
    try:
        return Scenario.model_validate_json(json.dumps(tables, default=str), strict=True), []
    except ValidationError as error:
        return None, [found for found in error.errors(include_url=False) if not _echo(found)]


def _echo(error: ErrorDetails) -> bool:
    """Whether it only repeats other errors: a list whose entries are wrong also counts as too short."""
    return error["type"] == "too_short" and bool(error["input"])


def _repaired(tables: dict[str, Any], errors: list[ErrorDetails]) -> tuple[Scenario | None, list[ErrorDetails]]:
    """The scenario without its wrong values, and every error found on the way."""
    met = list(errors)
    for _ in range(_ROUNDS_MAX):
        for error in errors:
            _remove(tables, error["loc"], missing=error["type"] == "missing")
        scenario, errors = _parsed(tables)
        if scenario is not None:
            return scenario, met
        met += errors
    return None, met


def _remove(tables: dict[str, Any], path: KeyPath, *, missing: bool) -> None:
    holder, last = value_at(tables, path[:-1]), path[-1]
    if isinstance(holder, list) and isinstance(last, int):
        holder[last] = {}  # its place is kept, so that the other entries keep their numbers
    elif isinstance(holder, dict):
        holder.pop(last, None)
        if missing:
            holder[last] = copy.deepcopy(_STAND_INS[tuple(step for step in path if isinstance(step, str))])


def _touches(problem: Problem, broken: set[str]) -> bool:
    return any(key == wrong or key.startswith(f"{wrong}.") for key in (problem.key, *problem.reads) for wrong in broken)
