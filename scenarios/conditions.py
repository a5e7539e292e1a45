"""Conditions on a measure, as scenario files write them: `"< 2000"`, `"<= 3"`, `"> 0.99"`, `">= 1"`, `"== 0"`.

The loader checks them before a run and the judge applies them after it.
"""

import math
import operator
import re
from collections.abc import Callable
from typing import Final

import msgspec

from stockstorm.simulator.errors import ScenarioError

OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
PATTERN: Final = r"\s*(<=|>=|==|<|>)\s*(-?\d+(?:\.\d+)?)\s*"


class Condition(msgspec.Struct, frozen=True):
    """One comparison with a finite limit, in the measure's own unit."""

    operator: str
    limit: float

    def holds(self, value: float) -> bool:
        """Whether `value` satisfies the condition. Infinity is compared as usual; not-a-number satisfies nothing."""
        return not math.isnan(value) and OPERATORS[self.operator](value, self.limit)

    def __str__(self) -> str:
        return f"{self.operator} {self.limit:.12g}"


def parse_condition(key: str, text: object) -> Condition:
    """The condition at `key`, e.g. `expect."sync_latency_ms.p95"`.

    Raises `ScenarioError` with the key, what was found, and what to write.
    """
    if isinstance(text, str):
        found = re.fullmatch(PATTERN, text)
        if found:
            return Condition(found[1], float(found[2]))
    raise ScenarioError(key, f"{text!r} is not a condition", _remedy(text))


def _remedy(text: object) -> str:
    example = 'write one of < <= > >= == and a number, in quotes, e.g. "< 2000" or "== 0"'
    if isinstance(text, bool):
        return example
    if isinstance(text, int | float):
        return f'{example}; for at most {text:g} write "<= {text:g}"'
    if isinstance(text, str) and re.fullmatch(r"\s*=\s*-?\d.*", text):
        return f"{example}; equality is written =="
    if isinstance(text, str) and re.search(r"\d\s*[A-Za-z%]+\s*$", text):
        return f"{example}; leave the unit out: the measure's name gives it"
    return example
