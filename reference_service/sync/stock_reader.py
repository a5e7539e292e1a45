"""Reads Shopify's stock by API: all of it at start, later the levels that are doubtful or that changed.

A read within a pass of reconciliation leaves levels alone that changed a moment ago, and records those that differed.
"""

from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec
import structlog

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.clients.admin_api import AdminApi, Answered
from stockstorm.reference_service.clients.documents import (
    CHANGED_LEVELS,
    ITEMS,
    LEVELS,
    LOCATIONS,
    ChangedLevels,
    ItemLevel,
    Items,
    LevelNode,
    Levels,
    available_of,
    number_of,
    updated_since,
)
from stockstorm.reference_service.domain.stock_level import Level, Reading, apply_read
from stockstorm.reference_service.domain.timestamps import nanoseconds_or_none
from stockstorm.reference_service.domain.topics import SHOPIFY
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.storage.healed import Healed, Pass
from stockstorm.reference_service.storage.tables import (
    LevelKey,
    add_levels,
    doubtful_levels,
    lock_levels,
    write_levels,
)
from stockstorm.reference_service.sync.signals import Signals

log = structlog.get_logger()


class StockReader:
    """Reads levels and stores them. Callers make sure that no read overlaps a batch of the writer."""

    def __init__(self, pool: Pool, admin: AdminApi, signals: Signals) -> None:
        self._pool = pool
        self._admin = admin
        self._signals = signals

    async def read_all(self, healing: Pass | None = None) -> int:
        """Stores every level of the shop, page by page; returns their number."""
        count = 0
        async for page in self._pages():
            levels = levels_of(page)
            nodes = [node for item in page.data.inventory_items.nodes for node in item.inventory_levels.nodes]
            await self._store(_due(levels, nodes, healing), healing)
            count += len(levels)
        log.info("stock_read", levels=count)
        return count

    async def read_changed(self, since_ns: int, healing: Pass | None = None) -> int:
        """Stores the levels updated in the second of `since_ns` or later; returns their number."""
        count = 0
        for location in await self._locations():
            after: str | None = None
            while True:
                variables = {"location": location, "first": limits.PAGE_ITEMS, "after": after}
                answer = await self._admin.call(CHANGED_LEVELS, {**variables, "query": updated_since(since_ns)})
                if (found := answer.data.location) is None:
                    break
                levels = changed_of(found.inventory_levels.nodes, answer)
                await self._store(_due(levels, found.inventory_levels.nodes, healing), healing)
                count += len(levels)
                if not found.inventory_levels.page_info.has_next_page:
                    break
                after = found.inventory_levels.page_info.end_cursor
        return count

    async def read_doubtful(self) -> bool:
        """Reads at most READ_LEVELS_MAX doubtful levels again; False if there were none."""
        doubtful = await doubtful_levels(self._pool, limits.READ_LEVELS_MAX)
        if not doubtful:
            return False
        answer = await self._admin.call(LEVELS, {"ids": [gid for _, gid in doubtful]})
        nodes: dict[LevelKey, LevelNode | None] = {
            key: node for (key, _), node in zip(doubtful, answer.data.nodes, strict=True)
        }
        async with self._pool.acquire() as connection, connection.transaction():
            stored = await lock_levels(connection, nodes)
            updated = {key: _reread(level, nodes[key], answer) for key, level in stored.items()}
            await write_levels(connection, list(updated.values()))
        metrics.LEVELS_REREAD.inc(len(updated))
        self._signals.stock_changed(_changed_skus(stored, updated))
        if any(level.doubtful for level in updated.values()):
            self._signals.request_reread()
        return True

    async def _store(self, levels: Sequence[Level], healing: Pass | None = None) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            stored = await lock_levels(connection, (level.key for level in levels))
            updated = {level.key: _updated(stored[level.key], level) for level in levels if level.key in stored}
            await write_levels(connection, list(updated.values()))
            added = [level for level in levels if level.key not in stored]
            await add_levels(connection, added)
            if healing is not None:
                await healing.record(connection, _healed(stored, updated, added))
        self._signals.stock_changed(_changed_skus(stored, updated) | {level.sku for level in added if level.sku})
        if any(level.doubtful for level in updated.values()):
            self._signals.request_reread()

    async def _locations(self) -> list[str]:
        found: list[str] = []
        after: str | None = None
        while True:
            page = (await self._admin.call(LOCATIONS, {"after": after})).data.locations
            found += [location.id for location in page.nodes]
            if not page.page_info.has_next_page:
                return found
            after = page.page_info.end_cursor

    async def _pages(self) -> AsyncIterator[Answered[Items]]:
        after: str | None = None
        while True:
            page = await self._admin.call(ITEMS, {"first": limits.PAGE_ITEMS, "after": after})
            yield page
            info = page.data.inventory_items.page_info
            if not info.has_next_page:
                return
            after = info.end_cursor


def _due(levels: list[Level], nodes: Sequence[ItemLevel | LevelNode], healing: Pass | None) -> list[Level]:
    """The levels that a pass of reconciliation may touch. Without a pass: all."""
    if healing is None:
        return levels
    young = {node.id for node in nodes if not healing.is_due(nanoseconds_or_none(node.updated_at))}
    return [level for level in levels if level.level_gid not in young]


def _healed(before: Mapping[LevelKey, Level], after: Mapping[LevelKey, Level], added: Sequence[Level]) -> list[Healed]:
    """The levels whose quantity was wrong, or unknown."""
    found = [
        Healed("level", SHOPIFY, _name(level), str(before[key].reading.available), str(level.reading.available))
        for key, level in after.items()
        if level.reading.available != before[key].reading.available
    ]
    return [*found, *(Healed("level", SHOPIFY, _name(new), "unknown", str(new.reading.available)) for new in added)]


def _name(level: Level) -> str:
    return f"{level.sku or level.inventory_item_id} at {level.location_id}"


def levels_of(page: Answered[Items]) -> list[Level]:
    """The levels on a page of items, each true at some moment of the call."""
    levels = []
    for item in page.data.inventory_items.nodes:
        for node in item.inventory_levels.nodes:
            available = available_of(node.quantities)
            if available is None:
                continue
            reading = Reading(available, page.before_ns, page.after_ns)
            levels.append(Level(number_of(item.id), number_of(node.location.id), node.id, item.sku, reading))
    return levels


def changed_of(nodes: Sequence[LevelNode], answer: Answered[ChangedLevels]) -> list[Level]:
    """The levels on a page of changed levels, each true at some moment of the call."""
    levels = []
    for node in nodes:
        available = available_of(node.quantities)
        if node.id is None or node.item is None or node.location is None or available is None:
            continue
        reading = Reading(available, answer.before_ns, answer.after_ns)
        levels.append(Level(number_of(node.item.id), number_of(node.location.id), node.id, node.item.sku, reading))
    return levels


def _updated(stored: Level, read: Level) -> Level:
    return msgspec.structs.replace(apply_read(stored, read.reading), sku=read.sku, level_gid=read.level_gid)


def _reread(level: Level, node: LevelNode | None, answer: Answered[Levels]) -> Level:
    """The level after its new read. A level that the API no longer returns keeps its quantity and is not doubtful."""
    available = available_of(node.quantities) if node is not None else None
    if node is None or available is None:
        return msgspec.structs.replace(level, doubtful=False)
    updated = apply_read(level, Reading(available, answer.before_ns, answer.after_ns))
    return msgspec.structs.replace(updated, sku=node.item.sku) if node.item else updated


def _changed_skus(before: Mapping[LevelKey, Level], after: Mapping[LevelKey, Level]) -> set[str]:
    """SKUs of the levels whose quantity or SKU differs."""
    return {
        level.sku
        for key, level in after.items()
        if level.sku and (level.reading.available, level.sku) != (before[key].reading.available, before[key].sku)
    }
