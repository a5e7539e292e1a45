"""Rows of the master that moved other units than the orders that they name."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final

import msgspec

from stockstorm.reports.history.order_effects import Effect, Row

SUBSETS_OF_MAX: Final = 12  # effects of a row; of more, no part is searched for


class Misfit(msgspec.Struct, gc=False):
    """A row that moved other units than those of the effects that it is the first to name.

    `excess` is the difference. It may be that of effects which the row names again.
    """

    row: Row
    seq: int
    effects: list[Effect]  # that no row named before
    repeated: list[Effect]  # that an earlier row named
    excess: int


def whole_misfits(misfits: list[Misfit]) -> list[Misfit]:
    """Misfits that belong together as one: rows of one call for one SKU, and rows of opposite sign that share an order.

    An order that is split over two rows is a misfit of each, and none of both. What fits in sum is left out.
    """
    by_key: dict[tuple[str, int, str], Misfit] = {}
    for misfit in misfits:
        row = misfit.row
        keys = [("order", id(effect), "") for effect in (*misfit.effects, *misfit.repeated)]
        if row.request >= 0:
            keys.append(("call", row.request, row.sku))
        others = {id(other): other for key in keys if (other := by_key.get(key)) is not None}
        for other in others.values():
            if other.row.request == row.request >= 0 or other.excess * misfit.excess < 0:
                _absorb(misfit, other)
        by_key.update(dict.fromkeys(keys, misfit))
    return [misfit for misfit in misfits if misfit.excess]


def _absorb(misfit: Misfit, other: Misfit) -> None:
    misfit.excess += other.excess
    misfit.effects = _distinct((*other.effects, *misfit.effects))
    first = set(map(id, misfit.effects))
    misfit.repeated = [each for each in _distinct((*other.repeated, *misfit.repeated)) if id(each) not in first]
    other.excess = 0


def _distinct(effects: Iterable[Effect]) -> list[Effect]:
    return list({id(effect): effect for effect in effects}.values())


def subsets_with_sum(effects: Sequence[Effect], units: int) -> Iterator[tuple[Effect, ...]]:
    """The smallest sets of effects with this sum; all of them, if they have it."""
    same = [effect for effect in effects if effect.delta * units > 0]
    if len(same) > SUBSETS_OF_MAX:
        if sum(effect.delta for effect in same) == units:
            yield tuple(same)
        return
    for size in range(1, len(same) + 1):
        found = [some for some in combinations(same, size) if sum(effect.delta for effect in some) == units]
        yield from found
        if found:
            return
