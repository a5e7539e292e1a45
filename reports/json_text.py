"""Frozen values as the JSON of our files and of `--json`.

Keys are sorted, so that two runs can be compared line by line. JSON has no infinity. An infinite measure (a change that
was owed and never reflected) is the string "inf"; "-inf" and "nan" are the other two. `reports.store.read_result` reads
them back.
"""

import math
from typing import Any

import msgspec


def as_json(value: object) -> bytes:
    """Any frozen value as indented JSON with sorted keys and a newline at the end."""
    plain = _spelled(msgspec.to_builtins(value, order="sorted", str_keys=True))
    return msgspec.json.format(msgspec.json.encode(plain), indent=2) + b"\n"


def _spelled(value: Any) -> Any:  # Any: whatever JSON holds
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # JSON holds every sign but a lone surrogate
    if isinstance(value, dict):
        return {key: _spelled(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled(inner) for inner in value]
    return value
