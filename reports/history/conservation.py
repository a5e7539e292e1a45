"""Ties order effects to rows that name no orders, by conservation of units."""

from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from stockstorm.reports.history.log import FactLog
from stockstorm.reports.history.order_effects import SUBJECT_CAUSES, Effect, Row
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

NETTED_WITHIN_NS: Final = 5 * SECOND_NS  # as long as a subject may collect before it writes


class _Unnamed:
    """The effects of one SKU, tied to rows that name no orders.

    Where the rows so far sum to what all effects up to some moment sum to, they are those effects: a row may net a sale
    with a cancellation. Elsewhere each row takes effects of its sign, first in, first out. What came to nothing within
    some seconds, before the rest of a row's effects, needed no row, and did not wait for that one.
    """

    def __init__(self) -> None:
        self._effects: list[Effect] = []
        self._sums: dict[int, list[int]] = {0: [0]}  # sum -> numbers of effects, from the first one, that have it
        self._sum = self._written = self._known = self._tied = 0
        self._queues: dict[bool, deque[Effect]] = {True: deque(), False: deque()}
        self._carried = {True: 0, False: 0}

    def add(self, effect: Effect) -> None:
        """Effects come in order of time."""
        self._effects.append(effect)
        self._sum += effect.delta
        self._sums.setdefault(self._sum, []).append(len(self._effects))
        self._queues[effect.delta < 0].append(effect)

    def write(self, seq: int, row: f.StockChanged) -> None:
        """Rows come in order of time."""
        self._written += row.delta
        while self._known < len(self._effects) and self._effects[self._known].seq < seq:
            self._known += 1
        numbers = self._sums.get(self._written, [])
        place = bisect_right(numbers, self._known)
        if place and numbers[place - 1] >= self._tied:
            self._tie_up_to(numbers[place - 1], seq, row)
        else:
            self._tie_some(seq, row)

    def _tie_up_to(self, number: int, seq: int, row: f.StockChanged) -> None:
        effects = self._effects[self._tied : number]
        if all(effect.version < 0 for effect in effects):
            _settle_netted(effects)
        for effect in effects:
            if effect.version < 0 and not effect.settled:
                _include(effect, seq, row)
        self._tied = number
        self._carried = {True: 0, False: 0}

    def _tie_some(self, seq: int, row: f.StockChanged) -> None:
        sign = row.delta < 0
        queue, units = self._queues[sign], self._carried[sign] + abs(row.delta)
        while queue and queue[0].seq < seq and (queue[0].version >= 0 or abs(queue[0].delta) <= units):
            effect = queue.popleft()
            if effect.version < 0:
                units -= abs(effect.delta)
                _include(effect, seq, row)
        self._carried[sign] = units


def _settle_netted(effects: Sequence[Effect]) -> None:
    """Settles effects before the last ones that sum to 0 and came within some seconds of each other."""
    units = begin = 0
    for place, effect in enumerate(effects[:-1]):
        units += effect.delta
        if not units:
            some = effects[begin : place + 1]
            if some[-1].at_ns - some[0].at_ns <= NETTED_WITHIN_NS:
                for one in some:
                    one.settled = True
            begin = place + 1


def _include(effect: Effect, seq: int, row: f.StockChanged) -> None:
    effect.times, effect.version, effect.version_seq, effect.version_ns = 1, row.version, seq, row.at_ns


def tie_by_conservation(log: FactLog, effects: Iterable[Effect]) -> None:
    """Ties effects, which come in order of time, to the first version that is assumed to include each."""
    changes = log.numbered(f.StockChanged)
    _tie(((seq, row) for seq, row in changes if row.cause in SUBJECT_CAUSES), effects)


def tie_the_rest(rows: Iterable[tuple[int, Row]], effects: Iterable[Effect], misfits: Collection[str]) -> None:
    """Ties what no row names to the rows that name nothing, of a subject that names the orders of some writes alone.

    Only where the units of both are the same in sum, so that nothing of the SKU is missing and nothing too much.
    `misfits`: SKUs of which a row moved other units than the orders that it names, so that a sum tells nothing.
    """
    left, unnamed, balance = list(effects), list[tuple[int, f.StockChanged]](), dict[str, int]()
    for effect in left:
        balance[effect.sku] = balance.get(effect.sku, 0) - effect.delta
    for seq, row in rows:
        if isinstance(row, f.StockChanged) and row.sku in balance:
            balance[row.sku] += row.delta
            unnamed.append((seq, row))
    even = {row.sku for _, row in unnamed if not balance[row.sku]}.difference(misfits)
    _tie(((seq, row) for seq, row in unnamed if row.sku in even), (one for one in left if one.sku in even))


def _tie(rows: Iterable[tuple[int, f.StockChanged]], effects: Iterable[Effect]) -> None:
    """Rows and effects in order of time."""
    unnamed: dict[str, _Unnamed] = {}
    for effect in effects:
        unnamed.setdefault(effect.sku, _Unnamed()).add(effect)
    for seq, row in rows:
        if row.sku in unnamed:
            unnamed[row.sku].write(seq, row)
