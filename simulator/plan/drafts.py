"""A plan's items before they are numbered: when, in which sequence at one instant, and what they will fire."""

import math
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from stockstorm.simulator.plan.items import AnyPlanItem

DELAY_CUT_MEANS = 5.0


class Rank(IntEnum):
    """Sequence of items that fall on the same instant: causes stand before what follows from them."""

    PHASE = 0
    PURCHASE = 1
    PAYMENT = 2
    CANCELLATION = 3
    RETURN = 4
    RESTOCK = 5
    PRODUCT_EDIT = 6
    FORGERY = 7
    FAULT = 8


class Draft(NamedTuple):
    """An item without its serial. (offset_ns, rank, tie) is unique in a plan, so that sorting never looks further."""

    offset_ns: int
    rank: int
    tie: int
    events: int  # that it fires if everything is accepted
    make: Callable[..., AnyPlanItem]
    values: tuple[Any, ...]


def numbered(drafts: Iterable[Draft]) -> tuple[AnyPlanItem, ...]:
    """The items in the sequence of their offsets; the serial is the position."""
    return tuple(
        [draft.make(draft.offset_ns, serial, *draft.values) for serial, draft in enumerate(sorted(drafts))],
    )


def delay_s(mean_s: float, die: float) -> float:
    """A delay by the exponential law of a mean, cut at five means."""
    return min(-math.log1p(-die), DELAY_CUT_MEANS) * mean_s


def zipf_steps(count: int, exponent: float) -> list[float]:
    """Cumulative shares of ranks 1 to `count` by Zipf's law, the last one 1; bisect a die in it to draw a rank."""
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
