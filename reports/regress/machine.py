"""How fast the machine was in each run, by what the load generator saw of it.

A machine that is shared, or whose clock changes, makes all that a service does slower or faster at once, by several
percent from run to run. What a timing is of the yardstick of its own run does not vary with that. There are two:
*speed*, the CPU that known work of the generator took, and *delay*, how long work of the generator waited for a core.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Final, NamedTuple

from stockstorm.reports.regress.plans import Plan
from stockstorm.reports.result import Result

# Of a result, the first one that every result has. Older versions measured the cores of the generator alone.
SPEEDS: Final = ("resources.generator.yardstick_ms", "resources.generator.cores")
DELAYS: Final = ("generator.lateness_ms.p50",)
EXPLAINED: Final = 0.8  # of its spread is at most left of a cost that follows the machine
FOLLOWED: Final = 0.5  # of a drift of the machine, what a timing that follows it can be off by

Runs = Mapping[Plan, Sequence[Result]]
Values = Sequence[Sequence[float]]  # by plan, by run
Sides = tuple[Values, Values]  # before, after


class Yardstick(NamedTuple):
    """A measure of the machine, empty for none, and how many times it was as large after the change."""

    measure: str = ""
    change: float = 1.0

    @property
    def drift(self) -> float:
        """By which share it changed, in either direction."""
        return max(self.change, 1 / self.change) - 1


NONE: Final = Yardstick()


class Machine(NamedTuple):
    """The yardsticks that all results have; NONE for one that some lack."""

    speed: Yardstick
    delay: Yardstick


def machine_of(first: Runs, second: Runs) -> Machine:
    """The machine in the runs of both sides."""
    return Machine(_yardstick(first, second, SPEEDS), _yardstick(first, second, DELAYS))


def _yardstick(first: Runs, second: Runs, names: Sequence[str]) -> Yardstick:
    results = [result for side in (first, second) for runs in side.values() for result in runs]
    for name in names:
        if results and all(result.measures.get(name, 0.0) > 0 for result in results):
            drifts = [_mean(_logs(second[plan], name)) - _mean(_logs(first[plan], name)) for plan in first]
            return Yardstick(name, math.exp(_mean(drifts)))
    return NONE


def followed_by_cost(machine: Machine, raw: Sides, scaled: Mapping[str, Sides]) -> Yardstick:
    """The yardstick that a cost in CPU follows: *speed*, if by it the cost varies clearly less within the sides.

    The difference between the sides has no part in this, so that it does not decide for a change or against one.
    """
    speed = machine.speed
    if speed.measure and _spread(*scaled[speed.measure]) <= EXPLAINED * _spread(*raw):
        return speed
    return NONE


def followed_by_wait(machine: Machine, raw: Sides, scaled: Mapping[str, Sides]) -> Yardstick:
    """The yardstick by which the runs of both sides together vary least, or NONE if they do without one.

    What waits for a core drifts within minutes. Runs that were not played in turns would show that as a change.
    """
    found, least = NONE, _spread(_together(*raw))
    for yardstick in machine:
        if yardstick.measure and (spread := _spread(_together(*scaled[yardstick.measure]))) < least:
            found, least = yardstick, spread
    return found


def _together(before: Values, after: Values) -> Values:
    return [[*early, *late] for early, late in zip(before, after, strict=True)]


def _spread(*sides: Values) -> float:
    """Mean distance of logarithms from their median; with one run of each plan and side, of the plans' factors."""
    groups = [[math.log(value) for value in values] for side in sides for values in side]
    if len(sides) == 2 and all(len(logs) == 1 for logs in groups):
        half = len(groups) // 2
        groups = [[late[0] - early[0] for early, late in zip(groups[:half], groups[half:], strict=True)]]
    apart = list(_apart(groups))
    return _mean(apart) if apart else 0.0


def _apart(groups: Sequence[Sequence[float]]) -> Iterator[float]:
    for logs in groups:
        if len(logs) > 1:
            middle = median(logs)
            yield from (abs(one - middle) for one in logs)


def middles(values: Values) -> list[float]:
    """The median of each plan's runs."""
    return [median(runs) for runs in values]


def _logs(results: Sequence[Result], name: str) -> list[float]:
    return [math.log(result.measures[name]) for result in results]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
