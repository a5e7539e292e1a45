"""The JSON Schema of scenario files, for editors (a file's first line names it after `#:schema`) and for remedies.

`python -m stockstorm.reports.checkers` writes it beside this file, because checkers declare the measures that [expect]
may name. A test fails when the file is out of date.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from stockstorm.scenarios.spec import Scenario

PATH: Final = Path(__file__).with_name("scenario.schema.json")

KeyPath = tuple[str | int, ...]
Part = dict[str, Any]  # of a JSON Schema


@cache
def schema() -> dict[str, Any]:
    """The schema of a file as its author writes it. The name is optional, since the file has one."""
    made = Scenario.model_json_schema()
    made["required"] = [key for key in made["required"] if key != "name"]
    made["description"] = "A Stockstorm scenario: what happens to the shop, and what is expected of the subject."
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def schema_text(measures: Mapping[str, str]) -> str:
    """The schema file. `measures` are the names that [expect] accepts, with what each means."""
    made: dict[str, Any] = json.loads(json.dumps(schema()))
    expect = made["properties"]["expect"]
    condition = expect["additionalProperties"]
    expect["properties"] = {name: condition | {"description": meaning} for name, meaning in measures.items()}
    expect["additionalProperties"] = False
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def part_at(path: KeyPath, root: Part) -> Part:
    """The schema of one key, with references resolved. Empty if no such key exists."""
    part = root
    for step in path:
        within = part.get("items", {}) if isinstance(step, int) else _property(part, step)
        part = _resolved(within, root)
    return part


def _property(part: Part, key: str) -> Part:
    """The schema of a key of a table, also where the table takes keys of any name."""
    others = part.get("additionalProperties")
    known: Part = part.get("properties", {}).get(key) or (others if isinstance(others, dict) else {})
    return known


def _resolved(part: Part, root: Part) -> Part:
    """A part without its reference and without the `null` that an optional value also allows."""
    if "$ref" in part:
        return dict(root["$defs"][part["$ref"].rpartition("/")[2]])
    if "anyOf" in part:
        only = next(choice for choice in part["anyOf"] if choice.get("type") != "null")
        return {**only, **{key: value for key, value in part.items() if key != "anyOf"}}
    return part


def allowed(path: KeyPath, root: Part) -> str:
    """What is allowed at a key, e.g. `a whole number from 1 to 50000: initial units …`."""
    part = part_at(path, root)
    note = part.get("description", "")
    return _kind(part, path) + (f": {note}" if note and part.get("type") not in ("object", "array") else "")


def _kind(part: dict[str, Any], path: KeyPath) -> str:
    if "enum" in part:
        return "one of " + ", ".join(f'"{choice}"' for choice in part["enum"])
    describe = _KINDS.get(part.get("type", ""))
    return describe(part, path) if describe else "a value"


def _table(_part: dict[str, Any], path: KeyPath) -> str:
    return f"a table, [[{path[-2]}]]" if isinstance(path[-1], int) else f"a table, [{path[-1]}]"


def _list(part: dict[str, Any], path: KeyPath) -> str:
    texts = part.get("items", {}).get("type") == "string"
    return 'a list of texts, ["…", "…"]' if texts else f"one or more tables, [[{path[-1]}]]"


def _number(part: dict[str, Any], _path: KeyPath) -> str:
    return ("a whole number" if part["type"] == "integer" else "a number") + _range(part)


def _text(part: dict[str, Any], _path: KeyPath) -> str:
    if "pattern" in part:
        return f"a text in quotes of the form {part['pattern']}"
    if "maxLength" in part:
        return f"a text in quotes of {part.get('minLength', 0)} to {part['maxLength']} characters"
    return "a text in quotes"


def _range(part: dict[str, Any]) -> str:
    low, above, high = part.get("minimum"), part.get("exclusiveMinimum"), part.get("maximum")
    lower = f"from {low:g}" if low is not None else f"above {above:g}" if above is not None else ""
    return (
        f" {lower}{'' if high is None else f' to {high:.12g}' if low is not None else f', up to {high:.12g}'}".rstrip()
    )


_KINDS: Final[Mapping[str, Callable[[dict[str, Any], KeyPath], str]]] = {
    "object": _table,
    "array": _list,
    "integer": _number,
    "number": _number,
    "string": _text,
    "boolean": lambda _part, _path: "true or false",
}
