"""Handler of marketplace notifications: folds a claim over the orders that it concerns, then writes them in bulk.

Every transaction takes its locks in the same order: orders, waiting effects, stock levels.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.order import Effect, KnownOrder, Outcome, outcome_of, units_from_json
from stockstorm.reference_service.domain.payloads import ChannelNotification, Unusable, decode
from stockstorm.reference_service.domain.stock_level import Level, home_of
from stockstorm.reference_service.domain.topics import ORDER_CANCELLED
from stockstorm.reference_service.handlers import WorkResult
from stockstorm.reference_service.queues.base import DeadLetter, Entry, Settled, State
from stockstorm.reference_service.storage.database import Connection
from stockstorm.reference_service.storage.tables import LevelKey, lock_skus, write_levels

OrderKey = tuple[str, str]  # channel, order id

# An unknown order has no row to lock, and can come from a webhook and from a read of the marketplace at once.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest($1::text[]) AS key"
_ORDERS = """
SELECT o.channel, o.order_id, created, cancelled, lines::text, returned::text FROM channel_order AS o
JOIN unnest($1::text[], $2::text[]) AS k (channel, order_id) USING (channel, order_id)
ORDER BY o.channel, o.order_id FOR UPDATE OF o
"""
_RETURNS = """
SELECT channel, return_id FROM channel_return JOIN unnest($1::text[], $2::text[]) AS k (channel, return_id)
USING (channel, return_id)
"""
# Includes refused effects: a cancellation must not give back units that were never taken.
_WAITING = """
SELECT effect_id, token, units::text FROM effect
WHERE token = ANY($1::text[]) AND (batch_id IS NULL OR refused IS NOT NULL) ORDER BY effect_id FOR UPDATE
"""
_SAVE_ORDERS = """
INSERT INTO channel_order (channel, order_id, created, cancelled, lines, returned)
SELECT * FROM unnest($1::text[], $2::text[], $3::boolean[], $4::boolean[], $5::jsonb[], $6::jsonb[])
ON CONFLICT (channel, order_id) DO UPDATE
SET created = excluded.created, cancelled = excluded.cancelled, lines = excluded.lines,
  returned = excluded.returned
"""
_SAVE_RETURNS = """
INSERT INTO channel_return (channel, return_id, order_id, restock)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[]) ON CONFLICT DO NOTHING
"""
_SAVE_EFFECTS = "INSERT INTO effect (token, units) SELECT * FROM unnest($1::text[], $2::jsonb[])"


class Fold(msgspec.Struct):
    """The state of one claim while its notifications are applied one by one."""

    orders: dict[OrderKey, KnownOrder]
    returns: set[tuple[str, str]]
    stored: dict[str, list[tuple[int, Effect]]]  # by token: waiting effects in the database
    levels: dict[str, list[Level]]
    touched: set[OrderKey] = msgspec.field(default_factory=set)
    added: dict[str, list[Effect]] = msgspec.field(default_factory=dict)  # by token
    removed: list[tuple[int, Effect]] = msgspec.field(default_factory=list)
    returned: list[tuple[str, str, str, bool]] = msgspec.field(default_factory=list)

    def add(self, channel: str, outcome: Outcome) -> None:
        """Applies the outcome of a notification."""
        order = outcome.order
        if order is None:
            return
        if outcome.return_id is not None:
            self.returns.add((channel, outcome.return_id))
            self.returned.append((channel, outcome.return_id, order.order_id, outcome.effect is not None))
        self.orders[order.key] = order
        self.touched.add(order.key)
        if outcome.effect is not None:
            self.added.setdefault(outcome.effect.token, []).append(outcome.effect)
        if outcome.removes_sale:
            self.added.pop(order.token, None)
            self.removed += self.stored.pop(order.token, [])

    def sale_waits(self, token: str) -> bool:
        """Whether the order's sale is not yet written to Shopify."""
        return token in self.added or token in self.stored

    def pending_changes(self) -> dict[str, int]:
        """The change of pending units per SKU; negative if fewer are pending."""
        change: dict[str, int] = {}
        for effects in self.added.values():
            for effect in effects:
                for sku, units in effect.sold.items():
                    change[sku] = change.get(sku, 0) + units
        for _, effect in self.removed:
            for sku, units in effect.sold.items():
                change[sku] = change.get(sku, 0) - units
        return change


class Decide(Protocol):
    """What a notification does to its order: see `outcome_of`."""

    def __call__(
        self,
        channel: str,
        notification: ChannelNotification,
        known: KnownOrder | None,
        *,
        sale_waits: bool,
        returns: Iterable[str],
    ) -> Outcome: ...


class MarketplaceOrdersHandler:
    """Records the orders of the marketplaces."""

    def __init__(self, decide: Decide = outcome_of) -> None:
        self._decide = decide

    async def apply(self, connection: Connection, entries: Sequence[Entry]) -> WorkResult:
        """Writes orders, returns, effects and pending units. Returns a verdict or a failure for every entry."""
        result = WorkResult([])
        notifications: list[tuple[Entry, ChannelNotification]] = []
        for entry in entries:
            try:
                notifications.append((entry, decode(entry.body, ChannelNotification)))
            except Unusable as error:
                result.verdicts.append(DeadLetter(entry, str(error)))
        fold = await _load(connection, notifications)
        for entry, notification in notifications:
            self._apply_one(entry, notification, fold, result)
        await _save(connection, fold)
        changes = fold.pending_changes()
        result.skus |= set(changes)
        result.effects = bool(fold.added)
        return result

    def _apply_one(self, entry: Entry, notification: ChannelNotification, fold: Fold, result: WorkResult) -> None:
        channel, order_id = entry.source, notification.order.order_id
        known = fold.orders.get((channel, order_id))
        returned = notification.order.return_
        returns = {returned.return_id} if returned and (channel, returned.return_id) in fold.returns else set()
        waits = fold.sale_waits(f"{channel}:{order_id}")
        try:
            outcome = self._decide(channel, notification, known, sale_waits=waits, returns=returns)
        except Unusable as error:
            result.verdicts.append(DeadLetter(entry, str(error)))
            return
        units = outcome.effect.units if outcome.effect else {}
        if unknown := [sku for sku in units if sku not in fold.levels]:
            # The product may be new: the webhook or read that brings its level may not have arrived yet.
            reason = f"no stock level is known for {len(unknown)} of its SKUs"
            if entry.attempts + 1 >= limits.UNKNOWN_SKU_ATTEMPTS_MAX:
                result.verdicts.append(DeadLetter(entry, reason))
            else:
                result.failed.append((entry, reason))
            return
        fold.add(channel, outcome)
        result.verdicts.append(Settled(entry, State.SUPERSEDED if outcome.order is None else State.APPLIED))
        if outcome.order is not None:
            # The channel has changed its own listing, even if order and cancellation net to zero here.
            result.moved |= {(channel, line.sku) for line in notification.order.lines if line.sku in fold.levels}


async def _load(connection: Connection, notifications: Sequence[tuple[Entry, ChannelNotification]]) -> Fold:
    keys = sorted({(entry.source, notification.order.order_id) for entry, notification in notifications})
    await connection.execute(_LOCK, [f"{channel}:{order_id}" for channel, order_id in keys])
    rows = await connection.fetch(_ORDERS, [key[0] for key in keys], [key[1] for key in keys])
    orders = [KnownOrder(r[0], r[1], r[2], r[3], units_from_json(r[4]), units_from_json(r[5])) for r in rows]
    returned = {(e.source, n.order.return_.return_id) for e, n in notifications if n.order.return_ is not None}
    returns: set[tuple[str, str]] = set()
    if returned:
        found = await connection.fetch(_RETURNS, [r[0] for r in returned], [r[1] for r in returned])
        returns = {(row[0], row[1]) for row in found}
    stored: dict[str, list[tuple[int, Effect]]] = {}
    if cancelled := [f"{e.source}:{n.order.order_id}" for e, n in notifications if n.topic == ORDER_CANCELLED]:
        for row in await connection.fetch(_WAITING, cancelled):
            effect = Effect(row["token"], units_from_json(row["units"]))
            stored.setdefault(effect.token, []).append((row["effect_id"], effect))
    skus = {line.sku for _, notification in notifications for line in notification.order.lines}
    skus |= {line.sku for _, n in notifications if n.order.return_ for line in n.order.return_.lines}
    levels = await lock_skus(connection, skus)
    return Fold({order.key: order for order in orders}, returns, stored, levels)


async def _save(connection: Connection, fold: Fold) -> None:
    orders = [fold.orders[key] for key in sorted(fold.touched)]
    if orders:
        lines = [msgspec.json.encode(order.lines).decode() for order in orders]
        back = [msgspec.json.encode(order.returned).decode() for order in orders]
        flags = ([o.created for o in orders], [o.cancelled for o in orders])
        keys = ([o.channel for o in orders], [o.order_id for o in orders])
        await connection.execute(_SAVE_ORDERS, *keys, *flags, lines, back)
    if fold.returned:
        await connection.execute(_SAVE_RETURNS, *(list(column) for column in zip(*fold.returned, strict=True)))
    if fold.removed:
        await connection.execute("DELETE FROM effect WHERE effect_id = ANY($1::bigint[])", [r[0] for r in fold.removed])
    effects = [effect for effects in fold.added.values() for effect in effects]
    if effects:
        units = [msgspec.json.encode(effect.units).decode() for effect in effects]
        await connection.execute(_SAVE_EFFECTS, [effect.token for effect in effects], units)
    await write_levels(connection, _with_pending(fold.levels, fold.pending_changes()))


def _with_pending(levels: Mapping[str, list[Level]], changes: Mapping[str, int]) -> list[Level]:
    homes: dict[LevelKey, Level] = {}
    for sku, units in changes.items():
        if units and sku in levels:
            home = home_of(levels[sku])
            homes[home.key] = msgspec.structs.replace(home, pending=home.pending + units)
    return list(homes.values())
