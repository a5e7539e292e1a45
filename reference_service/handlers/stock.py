"""Handler of inventory_levels/update: compares a whole claim in memory and writes it back in three statements."""

from collections.abc import Callable, Sequence

from stockstorm.reference_service.domain.payloads import InventoryLevel, Unusable, decode, updated_ns
from stockstorm.reference_service.domain.stock_level import Comparison, Level, Reading, apply_webhook
from stockstorm.reference_service.domain.timestamps import SECOND_NS
from stockstorm.reference_service.handlers import WorkResult
from stockstorm.reference_service.queues.base import DeadLetter, Entry, Settled, State, Verdict
from stockstorm.reference_service.storage.database import Connection
from stockstorm.reference_service.storage.tables import LevelKey, add_levels, lock_levels, write_levels

TRIGGERED_AFTER_MAX_NS = 60 * SECOND_NS  # an X-Shopify-Triggered-At that is later than `updated_at` by more is ignored


# The level after a webhook, and how the webhook's reading compares with what was known.
ApplyReading = Callable[[Level, Reading], tuple[Level, Comparison]]


class StockHandler:
    """Applies stock levels as Shopify reports them."""

    def __init__(self, apply_reading: ApplyReading = apply_webhook) -> None:
        self._apply_reading = apply_reading

    async def apply(self, connection: Connection, entries: Sequence[Entry]) -> WorkResult:
        """Writes the newest level of each item and location. Returns a verdict for every entry."""
        events, verdicts = read_events(entries)
        stored = await lock_levels(connection, ((event.inventory_item_id, event.location_id) for _, event, _ in events))
        levels = dict(stored)
        for entry, event, reading in events:
            level = levels.get((event.inventory_item_id, event.location_id))
            if level is None:
                level, comparison = first_level(event, reading), Comparison.NEWER
            else:
                level, comparison = self._apply_reading(level, reading)
            levels[level.key] = level
            # A doubtful event is done: the level's row now says that the level has to be read again.
            verdicts.append(Settled(entry, State.APPLIED if comparison is Comparison.NEWER else State.SUPERSEDED))
        changed = [level for key, level in levels.items() if level is not stored.get(key)]
        await write_levels(connection, [level for level in changed if level.key in stored])
        await add_levels(connection, [level for level in changed if level.key not in stored])
        return WorkResult(
            verdicts=verdicts,
            skus={level.sku for level in changed if level.sku and _has_other_quantity(stored, level)},
            doubtful=any(level.doubtful for level in changed),
        )


StockEvent = tuple[Entry, InventoryLevel, Reading]


def read_events(entries: Sequence[Entry]) -> tuple[list[StockEvent], list[Verdict]]:
    """Decodes the entries. Returns those that carry a quantity, each with its reading, and verdicts for the others."""
    events: list[StockEvent] = []
    verdicts: list[Verdict] = []
    for entry in entries:
        try:
            event = decode(entry.body, InventoryLevel)
            if event.available is None:  # not tracked: there is no quantity to keep
                verdicts.append(Settled(entry, State.SUPERSEDED))
            else:
                events.append((entry, event, _reading(event, event.available, entry.triggered_ns)))
        except Unusable as error:
            verdicts.append(DeadLetter(entry, str(error)))
    return events, verdicts


def first_level(event: InventoryLevel, reading: Reading) -> Level:
    """A level without a row so far. It is doubtful, because only an API read gives its SKU."""
    gid = event.admin_graphql_api_id or ""
    return Level(event.inventory_item_id, event.location_id, gid, None, reading, doubtful=bool(gid))


def _reading(event: InventoryLevel, available: int, triggered_ns: int | None) -> Reading:
    """The signed `updated_at` gives a second. X-Shopify-Triggered-At is unsigned, so it may only narrow that second or
    extend it by at most TRIGGERED_AFTER_MAX_NS."""
    second = updated_ns(event.updated_at)
    end = second + SECOND_NS - 1
    if triggered_ns is None or not second <= triggered_ns <= second + TRIGGERED_AFTER_MAX_NS:
        return Reading(available, second, end)
    return Reading(available, triggered_ns if triggered_ns <= end else second, triggered_ns)


def _has_other_quantity(stored: dict[LevelKey, Level], level: Level) -> bool:
    before = stored.get(level.key)
    return before is None or before.reading.available != level.reading.available
