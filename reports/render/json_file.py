"""result.json: the result as it is, for machines. Keys are sorted, so that two runs can be compared line by line.

JSON has no infinity. A measure that is infinite (a change that was owed and never reflected) is the string "inf";
"-inf" and "nan" stand for the other two. `reports.store.read_result` reads them back.
"""

import math
from pathlib import Path
from typing import Any

import msgspec

from stockstorm.reports.history import History
from stockstorm.reports.render.files import write_of_run
from stockstorm.reports.result import Result
from stockstorm.reports.store import RunFolder


def json_file(result: Result, history: History, folder: RunFolder) -> Path | None:
    """Write result.json into the run's folder."""
    del history
    return write_of_run(folder.result, result_json(result))


def result_json(result: Result) -> bytes:
    """The result as indented JSON with sorted keys and a newline at the end."""
    return as_json(result)


def as_json(value: object) -> bytes:
    """Any frozen value in the same form."""
    plain = _spelled(msgspec.to_builtins(value, order="sorted", str_keys=True))
    return msgspec.json.format(msgspec.json.encode(plain), indent=2) + b"\n"


def _spelled(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, dict):
        return {key: _spelled(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled(inner) for inner in value]
    return value
