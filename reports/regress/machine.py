"""How fast the machine was in each run, by the work that the load generator does in all of them.

A machine that is shared, or whose clock changes, makes all that a service does slower or faster at once, by several
percent from run to run. What a timing is of the yardstick of its own run does not vary with that.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

from stockstorm.reports.regress.plans import Plan
from stockstorm.reports.result import Result

# Of a result, the first one that every result has. Older versions measured the cores of the generator alone.
YARDSTICKS: Final = ("resources.generator.yardstick_ms", "resources.generator.cores")
EXPLAINED: Final = 0.8  # of its spread is at most left of a timing that follows the machine
FOLLOWED: Final = 0.5  # of a drift of the machine, what a timing that follows it can be off by

Runs = Mapping[Plan, Sequence[Result]]
Values = Sequence[Sequence[float]]  # by plan, by run


def yardstick(results: Sequence[Result]) -> str:
    """The measure to compare machines by. Empty: there is none that all results have."""
    for name in YARDSTICKS:
        if all(result.measures.get(name, 0.0) > 0 for result in results):
            return name
    return ""


def machine_change(first: Runs, second: Runs, name: str) -> float:
    """How many times as slow the machine was in the second runs, in the mean of the plans; 1 without a yardstick."""
    if not name:
        return 1.0
    drifts = [_mean(_logs(second[plan], name)) - _mean(_logs(first[plan], name)) for plan in first]
    return math.exp(_mean(drifts)) if drifts else 1.0


def follows(raw: tuple[Values, Values], scaled: tuple[Values, Values]) -> bool:
    """Whether a timing follows the machine: by the yardstick, it varies clearly less within the sides.

    The difference between the sides has no part in this, so that it does not decide for a change or against one.
    """
    return _spread(*scaled) <= EXPLAINED * _spread(*raw)


def _spread(before: Values, after: Values) -> float:
    """Mean distance of logarithms from their side's median; with one run of each plan, of the plans' factors."""
    sides = [[math.log(value) for value in values] for values in (*before, *after)]
    if all(len(logs) == 1 for logs in sides):
        half = len(before)
        sides = [[late[0] - early[0] for early, late in zip(sides[:half], sides[half:], strict=True)]]
    apart = [abs(one - median(logs)) for logs in sides if len(logs) > 1 for one in logs]
    return _mean(apart) if apart else 0.0


def middles(values: Values) -> list[float]:
    """The median of each plan's runs."""
    return [median(runs) for runs in values]


def _logs(results: Sequence[Result], name: str) -> list[float]:
    return [math.log(result.measures[name]) for result in results]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
