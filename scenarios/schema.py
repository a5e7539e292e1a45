"""The JSON Schema of scenario files, for editors (a file's first line names it after `#:schema`) and for remedies.

`python -m scenarios` writes it beside this file; a test says when it is no longer current.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from stockstorm.scenarios.spec import Scenario

PATH: Final = Path(__file__).with_name("scenario.schema.json")


@cache
def schema() -> dict[str, Any]:
    """The schema of a file as its author writes it: the name may be left out, since the file has one."""
    made = Scenario.model_json_schema()
    made["required"] = [key for key in made["required"] if key != "name"]
    made["description"] = "A Stockstorm scenario: what happens to the shop, and what is expected of the subject."
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def schema_text() -> str:
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def part_at(path: tuple[str | int, ...]) -> dict[str, Any]:
    """The schema of one key, references followed; empty where the path leads nowhere."""
    part: dict[str, Any] = schema()
    for step in path:
        part = _followed(part.get("items", {}) if isinstance(step, int) else part.get("properties", {}).get(step, {}))
    return part


def _followed(part: dict[str, Any]) -> dict[str, Any]:
    """A part without its reference and without the `null` that an optional value also allows."""
    if "$ref" in part:
        return dict(schema()["$defs"][part["$ref"].rpartition("/")[2]])
    if "anyOf" in part:
        only = next(choice for choice in part["anyOf"] if choice.get("type") != "null")
        return {**only, **{key: value for key, value in part.items() if key != "anyOf"}}
    return part
