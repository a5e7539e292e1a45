"""The scenarios that ship with Stockstorm, for `stockstorm scenarios` and whoever chooses one.

Reads a scenario file: TOML to tables, tables to a `Scenario`, or one error that tells everything that is wrong.
"""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

from stockstorm.scenarios.problems import Problem, scenario_error
from stockstorm.scenarios.remedies import did_you_mean
from stockstorm.scenarios.spec import Scenario
from stockstorm.scenarios.validation import validated
from stockstorm.simulator.errors import ScenarioError

CATALOGUE: Final = Path(__file__).parent
NAME_MAX: Final = 40
NOT_SCENARIOS: Final = frozenset({"tiers.toml"})


def load(name_or_path: str) -> Scenario:
    """The scenario of that name out of the catalogue, or of that file (`./my_shop.toml`).

    Raises `ScenarioError` with every problem at once: key path, what was found, what to write instead.
    """
    path = _found(name_or_path)
    tables = _tables(path)
    named = "name" in tables
    tables.setdefault("name", path.stem)
    match validated(tables):
        case Scenario() as scenario:
            return scenario
        case problems:
            told = [found if named or found.key != "name" else _file_name_problem(path) for found in problems]
            raise scenario_error(str(path), told)


def shipped_names() -> list[str]:
    """Names of the scenarios that ship with Stockstorm, in alphabetical order."""
    return sorted(path.stem for path in CATALOGUE.glob("*.toml") if path.name not in NOT_SCENARIOS)


def _found(name_or_path: str) -> Path:
    path = Path(name_or_path)
    if path.suffix == ".toml" or len(path.parts) > 1:
        if path.is_file():
            return path
        raise ScenarioError(
            name_or_path,
            "there is no such file",
            "give the path of a scenario file, or a name: " + ", ".join(shipped_names()),
        )
    if name_or_path in shipped_names():
        return CATALOGUE / f"{name_or_path}.toml"
    remedy = did_you_mean(name_or_path, shipped_names()) + "; a file of your own is given with its path, ./my_shop.toml"
    raise ScenarioError(f"scenario {name_or_path!r}", "there is none of that name", remedy)


def _file_name_problem(path: Path) -> Problem:
    """The file gives no name, and what it is called is none."""
    near = re.sub(r"[^a-z0-9]+", "_", path.stem.lower()).strip("_")[:NAME_MAX]
    near = near if near[:1].isalpha() else "my_shop"
    remedy = f'rename it to {near}.toml, or write name = "{near}" at its top (a-z, 0-9 and _, at most {NAME_MAX})'
    return Problem("name", f"the file's own name, {path.stem!r}, cannot name a scenario", remedy)


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(
            str(path), f"not valid TOML: {error}", "mend the line named; texts stand in quotes"
        ) from None
    except (UnicodeDecodeError, OSError) as error:
        raise ScenarioError(
            str(path), f"cannot be read: {error}", "write a UTF-8 text file that you may read"
        ) from None


def list_scenarios() -> tuple[Scenario, ...]:
    """Every shipped scenario, shortest load first, so that a newcomer begins at the top."""
    return tuple(
        sorted((load(name) for name in shipped_names()), key=lambda scenario: (scenario.load_s, scenario.name))
    )
