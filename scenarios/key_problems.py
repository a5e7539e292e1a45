"""What is wrong with one key of a TOML file, from the errors of pydantic and the file's JSON Schema."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

from stockstorm.scenarios.problems import Problem, did_you_mean
from stockstorm.scenarios.schema import KeyPath, Part, allowed, part_at


def key_problem(error: ErrorDetails, tables: Mapping[str, Any], root: Part) -> Problem:
    """What pydantic found wrong at one key of a file whose schema is `root`, with what to write instead."""
    path: KeyPath = error["loc"]
    key, last = dotted(path), str(path[-1])
    match error["type"]:
        case "extra_forbidden":
            return Problem(
                key, f"unknown key {last!r}", did_you_mean(last, part_at(path[:-1], root).get("properties", {}))
            )
        case "missing":
            return Problem(key, "missing", f"add `{last} = …`, {allowed(path, root)}")
        case "string_type" if path[0] == "expect":
            return Problem(key, f"{_shown(error['input'])} is not a condition", _expect_remedy(last, error["input"]))
        case _:
            return Problem(key, f"{_shown(value_at(tables, path))} does not fit", f"write {allowed(path, root)}")


def _expect_remedy(name: str, value: object) -> str:
    if isinstance(value, dict) and value:
        measure, condition = next(iter(value.items()))
        return f'put the name of the measure in quotes: "{name}.{measure}" = {_shown(condition)}'
    return 'write a condition in quotes, e.g. "< 2000" or "== 0"'


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"


def value_at(tables: Mapping[str, Any], path: KeyPath) -> object:
    """The value at a key. None if there is none."""
    value: Any = tables
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def dotted(path: KeyPath) -> str:
    """`phases.0.rate`. A step that contains a dot is quoted, as in the file."""
    return ".".join(f'"{step}"' if "." in str(step) else str(step) for step in path)
