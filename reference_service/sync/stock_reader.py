"""Reads the master's stock by API: all of it at start, later the levels that events left in doubt or that changed."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.admin_api import AdminApi, Answered
from stockstorm.reference_service.clients.documents import (
    CHANGED_LEVELS,
    ITEMS,
    LEVELS,
    LOCATIONS,
    ChangedLevels,
    Items,
    LevelNode,
    Levels,
    available_of,
    number_of,
    updated_since,
)
from stockstorm.reference_service.domain.stock_level import Level, Reading, reread
from stockstorm.reference_service.storage.stock_table import (
    LevelKey,
    add_levels,
    doubtful_levels,
    lock_levels,
    write_levels,
)
from stockstorm.reference_service.sync.signals import Signals
from stockstorm.reference_service.telemetry import metrics

log = structlog.get_logger()


class StockReader:
    """Reads levels. It shares its turn with the master's writer, so that no read overlaps a batch."""

    def __init__(self, pool: Any, admin: AdminApi, signals: Signals) -> None:
        self._pool = pool
        self._admin = admin
        self._signals = signals

    async def read_all(self) -> int:
        """Takes over every level of the shop, page by page; returns how many there are."""
        count = 0
        async for page in self._pages():
            levels = levels_of(page)
            await self._take(levels)
            count += len(levels)
        log.info("stock_read", levels=count)
        return count

    async def read_changed(self, since_ns: int) -> int:
        """Takes over the levels updated in the second of `since_ns` or later; returns how many there are."""
        count = 0
        for location in await self._locations():
            after: str | None = None
            while True:
                variables = {"location": location, "first": limits.PAGE_ITEMS, "after": after}
                answer = await self._admin.call(CHANGED_LEVELS, {**variables, "query": updated_since(since_ns)})
                if (place := answer.data.location) is None:
                    break
                levels = changed_of(place.inventory_levels.nodes, answer)
                await self._take(levels)
                count += len(levels)
                if not place.inventory_levels.page_info.has_next_page:
                    break
                after = place.inventory_levels.page_info.end_cursor
        return count

    async def _take(self, levels: Sequence[Level]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            held = await lock_levels(connection, (level.key for level in levels))
            renewed = {level.key: _renewed(held[level.key], level) for level in levels if level.key in held}
            await write_levels(connection, list(renewed.values()))
            added = [level for level in levels if level.key not in held]
            await add_levels(connection, added)
        self._signals.stock_changed(_changed_skus(held, renewed) | {level.sku for level in added if level.sku})
        if any(level.doubtful for level in renewed.values()):
            self._signals.raise_doubt()

    async def _locations(self) -> list[str]:
        found: list[str] = []
        after: str | None = None
        while True:
            page = (await self._admin.call(LOCATIONS, {"after": after})).data.locations
            found += [location.id for location in page.nodes]
            if not page.page_info.has_next_page:
                return found
            after = page.page_info.end_cursor

    async def read_doubtful(self) -> bool:
        """Reads a bulk of doubtful levels again; False if there were none."""
        doubtful = await doubtful_levels(self._pool, limits.READ_LEVELS_MAX)
        if not doubtful:
            return False
        answer = await self._admin.call(LEVELS, {"ids": [gid for _, gid in doubtful]})
        nodes: dict[LevelKey, LevelNode | None] = {
            key: node for (key, _), node in zip(doubtful, answer.data.nodes, strict=True)
        }
        async with self._pool.acquire() as connection, connection.transaction():
            held = await lock_levels(connection, nodes)
            settled = {key: _settled(level, nodes[key], answer) for key, level in held.items()}
            await write_levels(connection, list(settled.values()))
        metrics.LEVELS_REREAD.inc(len(settled))
        self._signals.stock_changed(_changed_skus(held, settled))
        if any(level.doubtful for level in settled.values()):
            self._signals.raise_doubt()
        return True

    async def _pages(self) -> AsyncIterator[Answered[Items]]:
        after: str | None = None
        while True:
            page = await self._admin.call(ITEMS, {"first": limits.PAGE_ITEMS, "after": after})
            yield page
            info = page.data.inventory_items.page_info
            if not info.has_next_page:
                return
            after = info.end_cursor


def levels_of(page: Answered[Items]) -> list[Level]:
    """The levels on a page, each true at some moment of its call."""
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
    """The levels of a page of changes, each true at some moment of its call."""
    levels = []
    for node in nodes:
        available = available_of(node.quantities)
        if node.id is None or node.item is None or node.location is None or available is None:
            continue
        reading = Reading(available, answer.before_ns, answer.after_ns)
        levels.append(Level(number_of(node.item.id), number_of(node.location.id), node.id, node.item.sku, reading))
    return levels


def _renewed(held: Level, read: Level) -> Level:
    return msgspec.structs.replace(reread(held, read.reading), sku=read.sku, level_gid=read.level_gid)


def _settled(level: Level, node: LevelNode | None, answer: Answered[Levels]) -> Level:
    """The level after its new reading. One that the API no longer shows stays as it is, and in doubt no more."""
    available = available_of(node.quantities) if node is not None else None
    if node is None or available is None:
        return msgspec.structs.replace(level, doubtful=False)
    settled = reread(level, Reading(available, answer.before_ns, answer.after_ns))
    return msgspec.structs.replace(settled, sku=node.item.sku) if node.item else settled


def _changed_skus(held: Mapping[LevelKey, Level], settled: Mapping[LevelKey, Level]) -> set[str]:
    changed: Sequence[Level] = [
        after
        for key, after in settled.items()
        if (after.reading.available, after.sku) != (held[key].reading.available, held[key].sku)
    ]
    return {level.sku for level in changed if level.sku}
