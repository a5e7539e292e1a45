"""What marketplace orders should do to the master's record, and which versions of the record include it.

An *effect* is the change that one order, cancellation or restocked return should make to one SKU. The subject names the
orders of an adjustment in its `referenceDocumentUri`. A version *includes* an effect when its reference holds the
effect's token. A subject without such references is judged by conservation: its adjustments are assumed to record
effects in order of time, and everything built on that is labelled "net only". Of a subject that names the orders of
some writes alone, such as sales, the other writes are tied so to what no write names.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote

import msgspec

from stockstorm.reports.history.conservation import tie_by_conservation, tie_the_rest
from stockstorm.reports.history.log import FactLog
from stockstorm.reports.history.misfits import Misfit, subsets_with_sum, whole_misfits
from stockstorm.reports.history.order_effects import SUBJECT_CAUSES, Effect, Row, expected_effects
from stockstorm.simulator.history import facts as f

REFERENCE_PREFIX: Final = "urn:channel-orders:"
NET_ONLY: Final = (
    "net only: the subject names no orders in its adjustments, so a lost and a doubled one hide each other"
)


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
    placed: frozenset[str] = frozenset()  # "channel:reference" of every order
    netted_twice: list[Effect] = []  # applied twice, and one time with its opposite, so that no row shows it

    def of_order(self, order: int, kind: str) -> list[Effect]:
        """Effects of one kind of one order (one for each SKU)."""
        return [effect for effect in self.by_order.get(order, ()) if effect.kind == kind]

    def orders_in(self, reference: str) -> list[str]:
        """The "channel:reference" of each order that a reference names.

        What follows an order's name may be the subject's own word: "bazaar:1001:refund" is about order bazaar:1001.
        """
        found = dict[str, None]()
        for token in tokens(reference):
            name = known = order_named(token)
            while known not in self.placed and known.count(":") > 1:
                known = known.rpartition(":")[0]
            found[known if known in self.placed else name] = None
        return list(found)

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
    effects = sorted(expected_effects(log), key=lambda effect: effect.seq)
    by_token: dict[str, list[Effect]] = {}
    by_order: dict[int, list[Effect]] = {}
    for effect in effects:
        by_token.setdefault(effect.token, []).append(effect)
        by_order.setdefault(effect.order, []).append(effect)
    orders = ChannelOrders(effects, by_token, by_order, net_only=False, writes=0, named_delta={}, misfits=[])
    orders.placed = frozenset(f"{sale.channel}:{sale.ref}" for sale in log.all(f.PurchaseAccepted))
    if not _tie_by_reference(log, orders) and orders.writes:
        orders.net_only = True
        orders.misfits.clear()
        tie_by_conservation(log, effects)
    orders.misfits = _without_rests(whole_misfits(orders.misfits), orders)
    _settle(orders)
    if not orders.net_only and (left := [effect for effect in effects if _unnamed(effect)]):
        unnamed = [(seq, row) for seq, row in _written(log) if not tokens(row.reference)]
        tie_the_rest(unnamed, left, {misfit.row.sku for misfit in orders.misfits})
    return orders


def _tie_by_reference(log: FactLog, orders: ChannelOrders) -> bool:
    """Ties effects to the rows that name them. False when no row names any."""
    rows = _written(log)
    orders.writes = sum(isinstance(row, f.StockChanged) for _, row in rows)
    named: dict[str, dict[str, list[Effect]]] = {}
    about_placed: set[str] = set()  # references that name an order that was placed
    for number, (seq, row) in enumerate(rows):
        if not row.reference:
            continue
        by_sku = named.get(row.reference)
        if by_sku is None:
            # Parsed once a batch: its rows share one reference, and parsing it for each row would be quadratic.
            by_sku = named[row.reference] = _by_sku(row.reference, orders.by_token)
            for order in orders.orders_in(row.reference):
                if order in orders.placed:
                    about_placed.add(row.reference)
                else:
                    orders.unknown_orders.setdefault(order, row.at_ns)
        if row.reference in about_placed:
            _tie(orders, seq, row, by_sku.get(row.sku, []))
            if number + 1 == len(rows) or rows[number + 1][1].reference != row.reference:
                _settle_dropped(by_sku)
                if row.cause == "subject_adjust":
                    _tie_dropped(orders, seq, row, by_sku)
    return any(named.values())


def _written(log: FactLog) -> list[tuple[int, Row]]:
    """The rows that the subject wrote, in order."""
    rows: list[tuple[int, Row]] = [*log.numbered(f.StockUnmoved)]
    rows += [(seq, change) for seq, change in log.numbered(f.StockChanged) if change.cause in SUBJECT_CAUSES]
    rows.sort(key=lambda row: row[0])
    return rows


def _settle_dropped(by_sku: dict[str, list[Effect]]) -> None:
    """Settles effects that a call names and that come to 0 for a SKU, where the subject sent no row for that SKU.

    Whether it sent one is not asked: effects that a row holds have a version by now.
    """
    for effects in by_sku.values():
        left = [effect for effect in effects if _unnamed(effect)]
        if left and not sum(effect.delta for effect in left):
            for effect in left:
                effect.settled, effect.times = True, 1


def _tie_dropped(orders: ChannelOrders, seq: int, row: Row, by_sku: dict[str, list[Effect]]) -> None:
    """Ties effects that come to 0 for a SKU together with some that the call names again, and that have no row in it.

    So a sale that shares a call with a return that comes a second time leaves no trace. It is not lost: the return is
    applied twice, as a row of 0 units would show.
    """
    for sku, effects in by_sku.items():
        left = [effect for effect in effects if _unnamed(effect)]
        again = [effect for effect in effects if not _unnamed(effect)]
        if left and any(subsets_with_sum(again, -sum(effect.delta for effect in left))):
            newest = max(0, *(effect.version for effect in again))
            _tie(orders, seq, f.StockUnmoved(row.at_ns, sku, newest, row.reference, row.request), effects)


def _unnamed(effect: Effect) -> bool:
    return effect.version < 0 and not effect.settled


def _tie(orders: ChannelOrders, seq: int, row: Row, effects: list[Effect]) -> None:
    expected = 0
    repeated: list[Effect] = []
    for effect in effects:
        effect.times += 1
        if _unnamed(effect):
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


def _by_sku(reference: str, by_token: dict[str, list[Effect]]) -> dict[str, list[Effect]]:
    found: dict[str, list[Effect]] = {}
    for token in tokens(reference):
        for effect in by_token.get(token, ()):
            found.setdefault(effect.sku, []).append(effect)
    return found


def _without_rests(misfits: list[Misfit], orders: ChannelOrders) -> list[Misfit]:
    """Misfits that the unwritten rest of an order does not explain. Such a rest is tied to the row.

    A subject that hears of a return after the order's cancellation gives back all units for the cancellation, and so
    nothing for the return. And an order that was cancelled before it was written is not written: if the subject hears
    later that a unit was scrapped, it takes that unit, and the row of the return holds the sale and the cancellation.
    The same holds for a row that sets the level, even if it may have erased something: the simpler explanation comes
    first, and what is erased shows in the sum of the SKU.

    A part of the rest explains a row too, where all else that is unwritten of the SKU comes to 0: the sale of such an
    order may have shared a call with the return of another one, which left no row, so nobody could name it.
    """
    unwritten: dict[str, int] = {}  # units of each SKU
    for effect in orders.effects if misfits else ():
        if _unnamed(effect):
            unwritten[effect.sku] = unwritten.get(effect.sku, 0) + effect.delta
    for misfit in misfits:
        sku = misfit.row.sku
        for name in orders.orders_in(misfit.row.reference):
            sale = orders.by_token.get(name)
            left = [] if sale is None else _unwritten_before(misfit, orders.by_order[sale[0].order])
            if part := _part_of(left, misfit.excess, alone=unwritten.get(sku, 0) == misfit.excess):
                for effect in part:
                    effect.version, effect.version_seq = misfit.row.version, misfit.seq
                    effect.version_ns, effect.times = misfit.row.at_ns, 1
                unwritten[sku] -= misfit.excess
                misfit.excess = 0
                break
    return [misfit for misfit in misfits if misfit.excess]


def _part_of(left: list[Effect], units: int, *, alone: bool) -> Sequence[Effect]:
    """All of what is left of an order, or the first smallest part of it if `alone` it is what the SKU lacks."""
    if sum(effect.delta for effect in left) == units:
        return left
    return next(subsets_with_sum(left, units), ()) if alone else ()


def _unwritten_before(misfit: Misfit, effects: list[Effect]) -> list[Effect]:
    """Left out is what shared a call with its opposite, which needs no row: it counts as written."""
    return [
        effect for effect in effects if effect.sku == misfit.row.sku and _unnamed(effect) and effect.seq < misfit.seq
    ]


def _settle(orders: ChannelOrders) -> None:
    """Marks effects that need not be written: those of an order, and of a SKU, that cancel out.

    A subject that drops rows of 0 units from its batch leaves no trace of the orders in them. Unwritten effects are
    settled when they sum to 0, because a loss would leave a remainder.
    """
    open_by_sku: dict[str, list[Effect]] = {}
    for group in orders.by_order.values():
        by_sku: dict[str, list[Effect]] = {}
        for effect in group:
            if _unnamed(effect):
                by_sku.setdefault(effect.sku, []).append(effect)
        for sku, effects in by_sku.items():
            if not _cancel_out(effects):
                open_by_sku.setdefault(sku, []).extend(effects)
    for effects in open_by_sku.values():
        _cancel_out(effects)


def _cancel_out(effects: list[Effect]) -> bool:
    """Whether they sum to 0; they are settled then."""
    if sum(effect.delta for effect in effects):
        return False
    for effect in effects:
        effect.settled = True
    return True


def misfit_skus(orders: ChannelOrders) -> set[str]:
    """SKUs whose rows with references moved other units, in sum, than the orders that they name."""
    if orders.net_only:
        return set()
    expected: dict[str, int] = {}
    for effect in orders.effects:
        if effect.times:
            expected[effect.sku] = expected.get(effect.sku, 0) + effect.delta
    return {sku for sku, delta in orders.named_delta.items() if delta != expected.get(sku, 0)}
