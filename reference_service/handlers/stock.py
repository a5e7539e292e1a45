"""The work_type of inventory_levels/update: a whole claim is weighed in memory and written back in three statements."""

from collections.abc import Sequence

from stockstorm.reference_service.domain.payloads import SECOND_NS, InventoryLevel, Unusable, decode, updated_ns
from stockstorm.reference_service.domain.stock_level import Heard, Level, Reading, hear, overwrite
from stockstorm.reference_service.handlers import WorkResult
from stockstorm.reference_service.queues.base import (
    DeadLetter,
    Entry,
    Settled,
    State,
    Verdict,
)
from stockstorm.reference_service.storage.database import Connection
from stockstorm.reference_service.storage.stock_table import LevelKey, add_levels, lock_levels, write_levels

TRIGGERED_AFTER_MAX_NS = 60 * SECOND_NS
EFFECTIVE = {Heard.NEWER: State.APPLIED, Heard.SAME: State.SUPERSEDED, Heard.OLDER: State.SUPERSEDED}


class StockEvents:
    """Applies stock levels as the shop reports them. `in_any_order` is the flaw `last_write_wins`."""

    def __init__(self, *, in_any_order: bool = False) -> None:
        self._hear = overwrite if in_any_order else hear

    async def apply(self, connection: Connection, entries: Sequence[Entry]) -> WorkResult:
        """Verdicts for all entries and the SKUs whose quantity may have changed; effects are in the transaction."""
        heard, verdicts = read_events(entries)
        held = await lock_levels(connection, ((event.inventory_item_id, event.location_id) for _, event, _ in heard))
        levels = dict(held)
        for entry, event, reading in heard:
            level = levels.get((event.inventory_item_id, event.location_id))
            level, outcome = self._hear(level, reading) if level else (first_level(event, reading), Heard.NEWER)
            levels[level.key] = level
            # A doubtful event has done its work when the level is read again, which the level's row now asks for.
            verdicts.append(Settled(entry, EFFECTIVE.get(outcome, State.SUPERSEDED)))
        changed = [level for key, level in levels.items() if level is not held.get(key)]
        await write_levels(connection, [level for level in changed if level.key in held])
        await add_levels(connection, [level for level in changed if level.key not in held])
        return WorkResult(
            verdicts=verdicts,
            skus={level.sku for level in changed if level.sku and _shows_otherwise(held, level)},
            doubtful=any(level.doubtful for level in changed),
        )


HeardEvent = tuple[Entry, InventoryLevel, Reading]


def read_events(entries: Sequence[Entry]) -> tuple[list[HeardEvent], list[Verdict]]:
    """Events with the reading that each is, and verdicts for those that are none."""
    heard: list[HeardEvent] = []
    verdicts: list[Verdict] = []
    for entry in entries:
        try:
            event = decode(entry.body, InventoryLevel)
            if event.available is None:  # not tracked: there is no quantity to keep
                verdicts.append(Settled(entry, State.SUPERSEDED))
            else:
                heard.append((entry, event, _reading(event, event.available, entry.triggered_ns)))
        except Unusable as error:
            verdicts.append(DeadLetter(entry, str(error)))
    return heard, verdicts


def first_level(event: InventoryLevel, reading: Reading) -> Level:
    """A level never heard of before; it is read by API, which tells its SKU."""
    gid = event.admin_graphql_api_id or ""
    return Level(event.inventory_item_id, event.location_id, gid, None, reading, doubtful=bool(gid))


def _reading(event: InventoryLevel, available: int, triggered_ns: int | None) -> Reading:
    """The unsigned X-Shopify-Triggered-At narrows the signed second, or widens it by a little; it never moves it."""
    second = updated_ns(event.updated_at)
    end = second + SECOND_NS - 1
    if triggered_ns is None or not second <= triggered_ns <= second + TRIGGERED_AFTER_MAX_NS:
        return Reading(available, second, end)
    return Reading(available, triggered_ns if triggered_ns <= end else second, triggered_ns)


def _shows_otherwise(held: dict[LevelKey, Level], level: Level) -> bool:
    before = held.get(level.key)
    return before is None or before.reading.available != level.reading.available
