"""Reads a TOML file that a user wrote, a scenario or a subject file, within bounds."""

import tomllib
from pathlib import Path
from typing import Any, Final, Literal

from stockstorm.simulator.errors import ScenarioError

FileKind = Literal["scenario", "subject file"]

SCENARIO: Final = "scenario"
FILE_MAX_BYTES: Final = 1_000_000
KEY_PARTS_MAX: Final = 50
LEVELS_MAX: Final = 20


def read_tables(path: Path, kind: FileKind = SCENARIO) -> dict[str, Any]:
    """The tables of a file. Raises ScenarioError for one that is no TOML, too large, or nested too deep."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_MAX_BYTES + 1)
        text = data.decode()
    except (UnicodeDecodeError, OSError) as error:
        raise ScenarioError(
            str(path), f"cannot be read: {error}", "write a UTF-8 text file that you may read"
        ) from None
    if problem := _oversized(data, text, kind):
        raise ScenarioError(str(path), *problem)
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(str(path), f"not valid TOML: {error}", "correct that line; texts need quotes") from None
    except RecursionError:
        raise _too_deep(path, kind) from None
    except ValueError as error:  # an integer of thousands of digits
        raise ScenarioError(str(path), f"a number is too long: {error}".partition(";")[0], "shorten it") from None
    if _levels(tables) > LEVELS_MAX:
        raise _too_deep(path, kind)
    return tables


def _too_deep(path: Path, kind: FileKind) -> ScenarioError:
    return ScenarioError(str(path), f"values are nested more than {LEVELS_MAX} levels deep", f"a {kind} has three")


def _levels(tables: dict[str, Any]) -> int:
    """How deep tables and lists are nested."""
    levels = 0
    pending: list[dict[str, Any] | list[Any]] = [tables]
    while pending:
        levels += 1
        values = [value for each in pending for value in (each.values() if isinstance(each, dict) else each)]
        pending = [value for value in values if isinstance(value, dict | list)]
    return levels


def _oversized(data: bytes, text: str, kind: FileKind) -> tuple[str, str] | None:
    """What is too large about a file, and what to do. A key of many parts takes the TOML parser quadratic time."""
    if len(data) > FILE_MAX_BYTES:
        return f"it has more than {FILE_MAX_BYTES:,} bytes", f"a {kind} is a few kB long; give the right file"
    for number, line in enumerate(text.splitlines(), 1):
        if line.partition("=")[0].count(".") > KEY_PARTS_MAX:
            return f"line {number}: a key of more than {KEY_PARTS_MAX} parts", f"a {kind} has three levels"
    return None
