"""The items of a plan before they are numbered: their time, their order at one instant, and the events they fire."""

import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from stockstorm.simulator.plan.items import AnyPlanItem

DELAY_CUT_MEANS = 5.0


class Rank(IntEnum):
    """Order of items at the same instant: causes come before their effects."""

    PHASE = 0
    PURCHASE = 1
    PAYMENT = 2
    CANCELLATION = 3
    RETURN = 4
    LATE_CANCELLATION = 5  # after a return
    RESTOCK = 6
    PRODUCT_EDIT = 7
    FORGERY = 8
    FAULT = 9
    LIFE = 10
    TRANSFER = 11
    ORDER_EDIT = 12
    CORRECTION = 12
    POISON = 13


class Draft(NamedTuple):
    """An item without its serial. (offset_ns, rank, tie) is unique in a plan, so sorting compares nothing else."""

    offset_ns: int
    rank: int
    tie: int
    events: int  # that it fires if everything is accepted
    make: Callable[..., AnyPlanItem]
    values: tuple[Any, ...]

    def item(self, serial: int) -> AnyPlanItem:
        """The item with its number in the plan."""
        return self.make(self.offset_ns, serial, *self.values)


def in_order(causes: Iterable[Iterable[Draft]]) -> Iterator[Draft]:
    """All drafts, sorted, with only those held back that are still to come.

    Each group begins with its cause, the rest of the group comes after it, and causes are sorted.
    """
    coming: list[Draft] = []
    for group in causes:
        cause, *effects = group
        while coming and coming[0] < cause:
            yield heapq.heappop(coming)
        yield cause
        for effect in effects:
            heapq.heappush(coming, effect)
    while coming:
        yield heapq.heappop(coming)


def delay_s(mean_s: float, draw: float) -> float:
    """An exponentially distributed delay with this mean, cut at five means. `draw` is a number in [0, 1)."""
    return min(-math.log1p(-draw), DELAY_CUT_MEANS) * mean_s


def zipf_steps(count: int, exponent: float) -> list[float]:
    """Cumulative shares of ranks 1 to `count` by Zipf's law, the last one 1. Bisect with a number in [0, 1)."""
    return steps([(rank + 1) ** -exponent for rank in range(count)])


def steps(weights: Sequence[float]) -> list[float]:
    """Cumulative shares of weights; the last step is exactly 1."""
    total, reached = math.fsum(weights), 0.0
    cumulative = []
    for weight in weights:
        reached += weight / total
        cumulative.append(reached)
    if cumulative:
        cumulative[-1] = 1.0
    return cumulative
