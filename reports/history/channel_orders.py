"""What marketplace orders should do to the master's record, and which versions of the record include it.

An *effect* is the change that one order, cancellation or restocked return should make to one SKU. The subject names the
orders of an adjustment in its `referenceDocumentUri`. A version *includes* an effect when its reference holds the
effect's token. A subject without such references is judged by conservation: its adjustments are assumed to record
effects in order of time, and everything built on that is labelled "net only".
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

import msgspec

from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.history import facts as f

REFERENCE_PREFIX: Final = "urn:channel-orders:"
NET_ONLY: Final = (
    "net only: the subject names no orders in its adjustments, so a lost and a doubled one hide each other"
)
SUBJECT_CAUSES: Final = frozenset({"subject_adjust", "subject_set"})


class Effect(msgspec.Struct, gc=False):
    """The change of `delta` units that one order event should make to one SKU in the master."""

    kind: str  # sale, cancelled, returned
    order: int
    channel: str
    token: str
    sku: str
    delta: int
    seq: int
    at_ns: int
    version: int = -1  # first version that includes it; -1: none does
    version_seq: int = -1
    version_ns: int = 0
    times: int = 0  # number of ledger rows that name it
    again: list[int] = []  # sequence numbers of the rows that name it after the first one
    settled: bool = False  # needs no version: netted with its opposite before either was written


Row = f.StockChanged | f.StockUnmoved


class Misfit(msgspec.Struct, gc=False):
    """A row that moved other units than those of the effects that it is the first to name.

    `excess` is the difference. It may be that of effects which the row names again.
    """

    row: Row
    seq: int
    effects: list[Effect]  # that no row named before
    repeated: list[Effect]  # that an earlier row named
    excess: int


class ChannelOrders(msgspec.Struct, gc=False):
    """Effects in order of time, by token and by order. `net_only`: conservation ties them to versions."""

    effects: list[Effect]
    by_token: dict[str, list[Effect]]
    by_order: dict[int, list[Effect]]
    net_only: bool
    writes: int  # number of ledger rows that the subject wrote
    named_delta: dict[str, int]  # by SKU, units that rows with a known reference moved
    misfits: list[Misfit]  # rows that moved other units than the orders that they are the first to name
    unknown_orders: dict[str, int] = {}  # "channel:reference" that a row names and nobody placed -> when

    def of_order(self, order: int, kind: str) -> list[Effect]:
        """Effects of one kind of one order (one for each SKU)."""
        return [effect for effect in self.by_order.get(order, ()) if effect.kind == kind]

    def named(self, reference: str) -> bool:
        """Whether a reference names an order that was placed."""
        return any(token in self.by_token for token in tokens(reference))


def tokens(reference: str) -> list[str]:
    """Tokens in a `referenceDocumentUri`. Empty when it names no orders."""
    if not reference.startswith(REFERENCE_PREFIX):
        return []
    return [unquote(token) for token in reference[len(REFERENCE_PREFIX) :].split(",")]


def order_named(token: str) -> str:
    """The "channel:reference" of a token's order."""
    return token.removesuffix(":cancelled").partition(":returned:")[0]


def build_channel_orders(log: FactLog) -> ChannelOrders:
    """Every effect, tied to the first version that includes it."""
    effects = sorted(_expected(log), key=lambda effect: effect.seq)
    by_token: dict[str, list[Effect]] = {}
    by_order: dict[int, list[Effect]] = {}
    for effect in effects:
        by_token.setdefault(effect.token, []).append(effect)
        by_order.setdefault(effect.order, []).append(effect)
    orders = ChannelOrders(effects, by_token, by_order, net_only=False, writes=0, named_delta={}, misfits=[])
    if not _tie_by_reference(log, orders) and orders.writes:
        orders.net_only = True
        orders.misfits.clear()
        _tie_by_conservation(log, orders)
    orders.misfits = _by_call(orders.misfits)
    _settle(orders)
    return orders


def _expected(log: FactLog) -> Iterator[Effect]:
    online = {fact.channel for fact in log.all(f.ChannelOpened) if fact.online}
    for seq, sale in log.numbered(f.PurchaseAccepted):
        if sale.channel not in online:
            token = f"{sale.channel}:{sale.ref}"
            for sku, units in _merged(sale.skus, sale.quantities):
                yield Effect("sale", sale.order, sale.channel, token, sku, -units, seq, sale.at_ns)
    for seq, gone in log.numbered(f.OrderCancelled):
        if gone.channel not in online:
            token = f"{gone.channel}:{gone.ref}:cancelled"
            for sku, units in _merged(gone.skus, gone.quantities):
                yield Effect("cancelled", gone.order, gone.channel, token, sku, units, seq, gone.at_ns)
    for seq, back in log.numbered(f.OrderReturned):
        if back.channel not in online and back.restocked:
            token = f"{back.channel}:{back.ref}:returned:{back.return_id}"
            for sku, units in _merged(back.skus, back.quantities):
                yield Effect("returned", back.order, back.channel, token, sku, units, seq, back.at_ns)


def _merged(skus: tuple[str, ...], quantities: tuple[int, ...]) -> Iterator[tuple[str, int]]:
    if len(skus) == 1:
        yield skus[0], quantities[0]
        return
    units: dict[str, int] = {}
    for sku, quantity in zip(skus, quantities, strict=True):
        units[sku] = units.get(sku, 0) + quantity
    yield from units.items()


def _tie_by_reference(log: FactLog, orders: ChannelOrders) -> bool:
    """Ties effects to the rows that name them. False when no row names any."""
    named: dict[str, dict[str, list[Effect]]] = {}
    rows: list[tuple[int, Row]] = [*log.numbered(f.StockUnmoved)]
    for seq, change in log.numbered(f.StockChanged):
        if change.cause in SUBJECT_CAUSES:
            orders.writes += 1
            rows.append((seq, change))
    rows.sort(key=lambda row: row[0])
    placed = {f"{sale.channel}:{sale.ref}" for sale in log.all(f.PurchaseAccepted)}
    for seq, row in rows:
        if not row.reference:
            continue
        by_sku = named.get(row.reference)
        if by_sku is None:
            # Parsed once a batch: its rows share one reference, and parsing it for each row would be quadratic.
            by_sku = named[row.reference] = _by_sku(row.reference, orders.by_token)
            for order in map(order_named, tokens(row.reference)):
                if order not in placed:
                    orders.unknown_orders.setdefault(order, row.at_ns)
        if by_sku:
            _tie(orders, seq, row, by_sku.get(row.sku, []))
    return any(named.values())


def _tie(orders: ChannelOrders, seq: int, row: Row, effects: list[Effect]) -> None:
    expected = 0
    repeated: list[Effect] = []
    for effect in effects:
        effect.times += 1
        if effect.version < 0:
            expected += effect.delta
            effect.version, effect.version_seq, effect.version_ns = row.version, seq, row.at_ns
        else:
            repeated.append(effect)
            effect.again.append(seq)
    delta = row.delta if isinstance(row, f.StockChanged) else 0
    orders.named_delta[row.sku] = orders.named_delta.get(row.sku, 0) + delta
    if delta != expected:
        first = effects if not repeated else [effect for effect in effects if effect.version_seq == seq]
        orders.misfits.append(Misfit(row, seq, first, repeated, delta - expected))


def _by_call(misfits: list[Misfit]) -> list[Misfit]:
    """Rows of one SKU in one call as one, because they name the same orders. Without those that fit in sum."""
    merged: dict[tuple[int, str], Misfit] = {}
    for number, misfit in enumerate(misfits):
        request = misfit.row.request
        known = merged.setdefault((request if request >= 0 else -1 - number, misfit.row.sku), misfit)
        if known is not misfit:
            known.excess += misfit.excess
            known.effects += [effect for effect in misfit.effects if effect not in known.effects]
            known.repeated += [
                effect for effect in misfit.repeated if effect not in known.effects and effect not in known.repeated
            ]
    return [misfit for misfit in merged.values() if misfit.excess]


def _by_sku(reference: str, by_token: dict[str, list[Effect]]) -> dict[str, list[Effect]]:
    found: dict[str, list[Effect]] = {}
    for token in tokens(reference):
        for effect in by_token.get(token, ()):
            found.setdefault(effect.sku, []).append(effect)
    return found


class _Unnamed:
    """The effects of one SKU, tied to rows that name no orders.

    Where the rows so far sum to what all effects up to some moment sum to, they are those effects: a row may net a sale
    with a cancellation. Elsewhere each row takes effects of its sign, first in, first out.
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
        for effect in self._effects[self._tied : number]:
            if effect.version < 0:
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


def _include(effect: Effect, seq: int, row: f.StockChanged) -> None:
    effect.times, effect.version, effect.version_seq, effect.version_ns = 1, row.version, seq, row.at_ns


def _tie_by_conservation(log: FactLog, orders: ChannelOrders) -> None:
    unnamed: dict[str, _Unnamed] = {}
    for effect in orders.effects:
        unnamed.setdefault(effect.sku, _Unnamed()).add(effect)
    for seq, row in log.numbered(f.StockChanged):
        if row.cause in SUBJECT_CAUSES and row.sku in unnamed:
            unnamed[row.sku].write(seq, row)


def _settle(orders: ChannelOrders) -> None:
    """Marks effects that need not be written: an order with its own cancellation, and units that cancel out.

    A subject that drops rows of 0 units from its batch leaves no trace of the orders in them. The unwritten effects of
    a SKU are settled when they sum to 0, because a loss would leave a remainder.
    """
    open_by_sku: dict[str, list[Effect]] = {}
    for group in orders.by_order.values():
        unwritten = [effect for effect in group if effect.version < 0]
        cancelled = {effect.sku for effect in unwritten if effect.kind == "cancelled"}
        sold = {effect.sku for effect in unwritten if effect.kind == "sale"}
        for effect in unwritten:
            if effect.kind != "returned" and effect.sku in cancelled and effect.sku in sold:
                effect.settled = True
            else:
                open_by_sku.setdefault(effect.sku, []).append(effect)
    for effects in open_by_sku.values():
        if sum(effect.delta for effect in effects) == 0:
            for effect in effects:
                effect.settled = True


def misfit_skus(orders: ChannelOrders) -> set[str]:
    """SKUs whose rows with references moved other units, in sum, than the orders that they name."""
    if orders.net_only:
        return set()
    expected: dict[str, int] = {}
    for effect in orders.effects:
        if effect.times:
            expected[effect.sku] = expected.get(effect.sku, 0) + effect.delta
    return {sku for sku, delta in orders.named_delta.items() if delta != expected.get(sku, 0)}
