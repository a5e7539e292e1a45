"""The only writer of Shopify's stock: collects waiting effects, commits them as a batch, and calls the Admin API.

Batch and idempotency key are committed before the call. After a crash the open batch is sent again first, under the
same key, so each effect is written exactly once.
"""

import asyncio
import random
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import msgspec
import structlog

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.clients.admin_api import AdminApi, Answered
from stockstorm.reference_service.clients.backoff import backoff_s
from stockstorm.reference_service.clients.documents import (
    Adjust,
    AdjustedLevel,
    AdjustPayload,
    adjust,
    available_of,
    item_gid,
    location_gid,
    number_of,
)
from stockstorm.reference_service.domain.adjustment_batch import (
    Batch,
    Change,
    WaitingEffect,
    changes_of,
    choose_effects,
    reference_of,
)
from stockstorm.reference_service.domain.order import Effect, units_from_json
from stockstorm.reference_service.domain.stock_level import Level, Reading, assume_lower, finish_batch, start_batch
from stockstorm.reference_service.storage.database import Connection, Pool
from stockstorm.reference_service.storage.tables import LevelKey, lock_levels, lock_skus, write_levels
from stockstorm.reference_service.sync.signals import Signals

log = structlog.get_logger()
ClosedState = Literal["done", "refused"]
Variables = dict[str, object]  # of a GraphQL operation
# After these codes Shopify may still execute the call. It is repeated under the same key until it is answered; a new
# key could write the batch twice.
MAY_EXECUTE = frozenset({"IDEMPOTENCY_CONCURRENT_REQUEST", "SERVICE_UNAVAILABLE"})
RETRYABLE = MAY_EXECUTE | {"ADJUST_QUANTITIES_FAILED"}

_WAITING = """
SELECT effect_id, token, units::text FROM effect WHERE batch_id IS NULL AND refused IS NULL
ORDER BY effect_id LIMIT $1 FOR UPDATE
"""
_ANY_WAITING = "SELECT EXISTS (SELECT FROM effect WHERE batch_id IS NULL AND refused IS NULL)"
_OPEN = "SELECT batch_id, idempotency_key, reference, changes::text FROM batch WHERE state = 'open'"
_ADD = "INSERT INTO batch (idempotency_key, reference, changes) VALUES ($1, $2, $3::jsonb) RETURNING batch_id"
_CLOSE = """
UPDATE batch SET state = $2, closed_at = clock_timestamp() WHERE batch_id = $1 AND state = 'open' RETURNING batch_id
"""
_REFUSE = "UPDATE effect SET refused = $2 WHERE effect_id = ANY($1::bigint[]) RETURNING token, refused"
_REFUSE_SKUS = "UPDATE effect SET refused = $3 WHERE batch_id = $1 AND units ?| $2::text[] RETURNING token, refused"


class StockWriter:
    """Writes effects to Shopify. Only one task of one process may use it at a time.

    `orders_max`: the most effects in one batch. `variables`: the mutation's variables for a batch.
    """

    def __init__(
        self,
        pool: Pool,
        admin: AdminApi,
        signals: Signals,
        rng: random.Random,
        *,
        orders_max: int = limits.ADJUST_ORDERS_MAX,
        variables: Callable[[Batch], Variables] | None = None,
    ) -> None:
        self._pool = pool
        self._admin = admin
        self._signals = signals
        self._rng = rng
        self._orders_max = orders_max
        self._refusals = 0
        self._variables = variables or variables_of

    async def finish_open_batch(self) -> None:
        """Sends the batch that an earlier process left open, if there is one."""
        row = await self._pool.fetchrow(_OPEN)
        if row is not None:
            changes = msgspec.json.decode(row["changes"], type=tuple[Change, ...])
            log.info("batch_replayed", batch=row["batch_id"])
            await self._finish(Batch(row["batch_id"], row["idempotency_key"], row["reference"], changes))

    async def has_work(self) -> bool:
        """Whether any effect waits for a batch."""
        return bool(await self._pool.fetchval(_ANY_WAITING))

    async def write_once(self) -> bool:
        """Writes the oldest waiting effects in one batch; False if there were none."""
        await self._admin.wait_for_points(adjust(1))
        batch = await self._open()
        if batch is None:
            return False
        await self._finish(batch)
        return True

    async def _open(self) -> Batch | None:
        async with self._pool.acquire() as connection, connection.transaction():
            chosen, levels = await self._choose(connection)
            if not chosen:
                return None
            changes = changes_of(chosen, levels)
            key, reference = str(uuid.uuid4()), reference_of(chosen)
            batch_id = await connection.fetchval(_ADD, key, reference, msgspec.json.encode(changes).decode())
            members = [one.effect_id for one in chosen]
            await connection.execute(
                "UPDATE effect SET batch_id = $1 WHERE effect_id = ANY($2::bigint[])", batch_id, members
            )
            by_key = {level.key: level for found in levels.values() for level in found}
            batch = Batch(batch_id, key, reference, changes)
            await write_levels(connection, [start_batch(by_key[change.key]) for change in batch.sent])
        metrics.BATCH_ORDERS.observe(len(chosen))
        return batch

    async def _choose(self, connection: Connection) -> tuple[list[WaitingEffect], dict[str, list[Level]]]:
        """The effects of the next batch and their levels. Effects whose SKU no longer has a level are refused."""
        while True:
            rows = await connection.fetch(_WAITING, self._orders_max)
            waiting = [WaitingEffect(r[0], Effect(r[1], units_from_json(r[2]))) for r in rows]
            chosen = choose_effects(waiting)
            levels = await lock_skus(connection, {sku for one in chosen for sku in one.effect.units})
            nameless = [one.effect_id for one in chosen if not one.effect.units.keys() <= levels.keys()]
            if not nameless:
                return chosen, levels
            _report_refused(await connection.fetch(_REFUSE, nameless, "no stock level has its SKU any more"))

    async def _finish(self, batch: Batch) -> None:
        attempts = 0
        while batch.sent:
            answer = await self._admin.call(adjust(len(batch.locations)), self._variables(batch), self._assume_lower)
            payload = answer.data.inventory_adjust_quantities
            if not payload.user_errors:
                await self._close_done(batch, readings_of(answer, batch.locations))
                self._refusals = 0
                return
            attempts += 1
            codes = {error.code for error in payload.user_errors}
            if not codes <= RETRYABLE or (attempts >= limits.ATTEMPTS_MAX and not codes <= MAY_EXECUTE):
                await self._close_refused(batch, payload)
                return
            await self._assume_lower()
            await asyncio.sleep(backoff_s(attempts, self._rng))
        await self._close_done(batch, {})

    async def _close_done(self, batch: Batch, readings: dict[LevelKey, Reading]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            if not await _close(connection, batch, "done"):
                return  # the previous leader has just closed it
            levels = await lock_levels(connection, (change.key for change in batch.changes))
            sold = {change.key: change.sold for change in batch.changes}
            finished = [finish_batch(level, readings.get(key), sold[key]) for key, level in levels.items()]
            await write_levels(connection, finished)
        self._signal(finished)

    async def _assume_lower(self) -> None:
        """Lists the lower quantity while it is unknown whether the batch was executed."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch("SELECT inventory_item_id, location_id FROM stock WHERE in_flight")
            levels = await lock_levels(connection, ((row[0], row[1]) for row in rows))
            lowered = [lower for level in levels.values() if (lower := assume_lower(level)) is not level]
            await write_levels(connection, lowered)
        self._signal(lowered)

    async def _close_refused(self, batch: Batch, payload: AdjustPayload) -> None:
        """Closes a refused batch. Refuses the effects on levels that Shopify names; the others wait for a new batch."""
        reasons = "; ".join(f"{error.code}: {error.message}" for error in payload.user_errors)[:500]
        bad = {batch.sent[index].key for index in indexes_of(payload) if index < len(batch.sent)}
        log.error("batch_refused", batch=batch.batch_id, reason=reasons, levels=len(bad))
        async with self._pool.acquire() as connection, connection.transaction():
            if not await _close(connection, batch, "refused"):
                return
            levels = await lock_levels(connection, (change.key for change in batch.changes))
            skus = [levels[key].sku for key in bad if key in levels]
            _report_refused(await connection.fetch(_REFUSE_SKUS, batch.batch_id, skus, reasons))
            await connection.execute(
                "UPDATE effect SET batch_id = NULL WHERE batch_id = $1 AND refused IS NULL", batch.batch_id
            )
            await write_levels(connection, [finish_batch(level, None, 0) for level in levels.values()])
        if not bad:  # no effect was refused, so the next batch may be refused as well
            self._refusals += 1
            await asyncio.sleep(backoff_s(self._refusals, self._rng))

    def _signal(self, levels: Sequence[Level]) -> None:
        self._signals.stock_changed({level.sku for level in levels if level.sku})
        if any(level.doubtful for level in levels):
            self._signals.request_reread()


async def _close(connection: Connection, batch: Batch, state: ClosedState) -> bool:
    """Closes the batch; False if it was not open."""
    return await connection.fetchval(_CLOSE, batch.batch_id, state) is not None


def _report_refused(rows: Iterable[Iterable[str]]) -> None:
    """Logs refused effects. A person has to act: the order is sold, but its units are still in Shopify's stock."""
    for token, reason in rows:
        metrics.EFFECTS_REFUSED.inc()
        log.error("effect_refused", token=token, reason=reason)


def variables_of(batch: Batch) -> Variables:
    """The mutation's variables, the same for every attempt."""
    changes = [
        {
            "inventoryItemId": item_gid(change.inventory_item_id),
            "locationId": location_gid(change.location_id),
            "delta": change.delta,
            "changeFromQuantity": None,  # a sale has happened, whatever the level was
        }
        for change in batch.sent
    ]
    at_locations = {f"at{n}": location_gid(location) for n, location in enumerate(batch.locations)}
    adjustment = {"reason": "other", "name": "available", "referenceDocumentUri": batch.reference, "changes": changes}
    return {"input": adjustment, "key": batch.idempotency_key, **at_locations}


def readings_of(answer: Answered[Adjust], locations: list[int]) -> dict[LevelKey, Reading]:
    """The levels in the answer, each true at some moment of the call."""
    group = answer.data.inventory_adjust_quantities.inventory_adjustment_group
    readings: dict[LevelKey, Reading] = {}
    for change in group.changes if group else []:
        if change.name != "available" or change.item is None or change.location is None:
            continue
        location = number_of(change.location.id)
        item = number_of(msgspec.json.decode(change.item["id"], type=str))
        level = msgspec.json.decode(change.item[f"at{locations.index(location)}"], type=AdjustedLevel | None)
        available = available_of(level.quantities) if level else None
        if available is not None:
            readings[(item, location)] = Reading(available, answer.before_ns, answer.after_ns)
    return readings


def indexes_of(payload: AdjustPayload) -> set[int]:
    """Indexes of the rows that user errors name, such as 3 in ["input", "changes", "3", "inventoryItemId"]."""
    paths = (error.field or [] for error in payload.user_errors)
    return {int(path[2]) for path in paths if len(path) > 2 and path[1] == "changes" and path[2].isdigit()}
