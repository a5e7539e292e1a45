"""How the service processes events, and how it writes to Shopify and reads from it."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import msgspec
import pytest

from stockstorm.reference_service.clients.admin_api import AdminApi, Answered, CallFailed, ThrottleStatus
from stockstorm.reference_service.clients.documents import (
    ITEMS,
    Adjust,
    AdjustPayload,
    Items,
    Levels,
    Locations,
    Operation,
    UserError,
    adjust,
)
from stockstorm.reference_service.domain.adjustment_batch import Batch, Change, changes_of
from stockstorm.reference_service.domain.stock_level import Level, Reading
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.feeds.missed import MissedFeed
from stockstorm.reference_service.handlers import WorkResult
from stockstorm.reference_service.queues.base import Entry, Settled, State
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Connection
from stockstorm.reference_service.storage.healed import Pass
from stockstorm.reference_service.sync.signals import Signals
from stockstorm.reference_service.sync.stock_reader import StockReader
from tests.unit.reference_service.flaws.case import Case

NONE: Any = None
SECOND_NS = 1_000_000_000

# --- handlers


def entry(number: int, *, poison: bool = False) -> Entry:
    returned = {"return_id": "r", "restock": False, "lines": []} if poison else None
    body = {"topic": "order.returned", "order": {"order_id": "o", "lines": [], "return": returned}}
    return Entry(number, number, "bazaar", "order.returned", None, 0, msgspec.json.encode(body))


class Applying:
    """A handler that records what it applies."""

    def __init__(self) -> None:
        self.applied: list[int] = []

    async def apply(self, _: Connection, entries: Sequence[Entry]) -> WorkResult:
        self.applied += [one.entry for one in entries]
        return WorkResult([Settled(one, State.APPLIED) for one in entries])


def applied(*claims: list[Entry]) -> Callable[[Seams], Awaitable[tuple[list[int], int]]]:
    """The entries that take effect, and how many are settled."""

    async def observe(seams: Seams) -> tuple[list[int], int]:
        handler, settled = Applying(), 0
        wrapped = seams.wrap_handler(WorkType.CHANNEL, handler)
        for claim in claims:
            try:
                settled += len((await wrapped.apply(NONE, claim)).verdicts)
            except ValueError:
                continue
        return handler.applied, settled

    return observe


async def kept_bytes(seams: Seams) -> int:
    wrapped: Any = seams.wrap_handler(WorkType.CHANNEL, Applying())
    await wrapped.apply(NONE, [entry(1), entry(2)])
    return sum(map(len, getattr(wrapped, "kept", [])))


async def slows_down(seams: Seams) -> bool:
    """Whether 200 events make the next one at least 30 ms slower."""
    wrapped = seams.wrap_handler(WorkType.CHANNEL, Applying())
    await wrapped.apply(NONE, [entry(number) for number in range(200)])
    started = asyncio.get_running_loop().time()
    await wrapped.apply(NONE, [entry(201)])
    return asyncio.get_running_loop().time() - started >= 0.03


# --- writing


class Store:
    """A pool, and its connection, over one stock level. It records in `log` when a batch is closed."""

    def __init__(self, log: list[str], opened: Sequence[Any] | None = None) -> None:
        self.log = log
        self.opened = opened
        self.depth = 0

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["Store"]:
        yield self

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        self.depth += 1
        yield
        self.depth -= 1

    async def fetch(self, statement: str, *_: Any) -> list[Any]:
        if "DELETE FROM queue" in statement or "FROM queue" in statement:
            self.log.append("taken in the claim's transaction" if self.depth else "taken")
            return []
        rows = [(item, 2, f"gid{item}", f"S{item}", 50, 1, 1, None, None, None, True, False, 1) for item in (1, 2)]
        return [dict(enumerate(row)) for row in rows]

    async def fetchrow(self, *_: Any) -> dict[str, Any]:
        """The open batch."""
        changes = msgspec.json.encode(BATCH.changes).decode()
        return {"batch_id": 1, "idempotency_key": "key", "reference": "urn:x", "changes": changes}

    async def fetchval(self, statement: str, *_: Any) -> int:
        if "UPDATE batch" in statement:
            self.log.append("closed")
        return 1

    async def execute(self, *_: Any) -> None:
        """Accepts every statement."""


BATCH = Batch(1, "key", "urn:x", (Change(1, 2, -1, 1), Change(2, 2, -3, 3)))


class Shop:
    """An Admin API that records calls. With `refuses`, the first one has a user error."""

    def __init__(self, log: list[str], *, refuses: int = 0) -> None:
        self.log = log
        self.refuses = refuses
        self.variables: list[Any] = []
        self.texts: list[str] = []

    async def call(self, operation: Operation[Any], variables: Any, *_: Any) -> Answered[Any]:
        self.variables.append(variables)
        self.texts.append(operation.text)
        self.log.append(operation.name)
        data: Any = operation.answer
        if operation.answer is Adjust:
            errors = [UserError("not now", code="SERVICE_UNAVAILABLE")] if self.refuses else []
            self.refuses = max(0, self.refuses - 1)
            data = Adjust(AdjustPayload(None, errors))
        elif operation.answer is Levels:
            data = Levels([])
            data = msgspec.json.decode(b'{"nodes":[' + b",".join([READ] * len(variables["ids"])) + b"]}", type=Levels)
        return Answered(data, 1, 2)

    async def wait_for_points(self, _: Operation[Any]) -> None:
        """Always enough."""


READ = b'{"quantities":[{"name":"available","quantity":40}]}'


class NoWait(random.Random):
    """Returns the lower bound, so that nothing waits."""

    def uniform(self, a: float, b: float) -> float:
        return a


async def write(seams: Seams, shop: Shop, log: list[str]) -> None:
    store: Any = Store(log)
    admin: Any = shop
    writer = seams.make_writer(store, admin, Signals(), NoWait(), variables=seams.variables)
    await writer._finish(BATCH)


async def order_of_steps(seams: Seams) -> list[str]:
    log: list[str] = []
    await write(seams, Shop(log), log)
    return log


async def steps_at_start(seams: Seams) -> list[str]:
    log: list[str] = []
    store: Any = Store(log)
    shop: Any = Shop(log)
    writer = seams.make_writer(store, shop, Signals(), NoWait(), variables=seams.variables)
    await writer.finish_open_batch()
    return log


async def keys_of_two_attempts(seams: Seams) -> int:
    log: list[str] = []
    shop = Shop(log, refuses=1)
    await write(seams, shop, log)
    return len({variables["key"] for variables in shop.variables})


async def attempts_after_a_refusal(seams: Seams) -> int:
    log: list[str] = []
    await write(seams, Shop(log, refuses=1), log)
    return log.count("Adjust")


async def reason(seams: Seams) -> str:
    return str(msgspec.convert(seams.variables(BATCH)["input"], dict[str, Any])["reason"])


async def quantities(seams: Seams) -> list[int]:
    """What the write says of both levels: deltas, or quantities to set."""
    log: list[str] = []
    shop = Shop(log)
    await write(seams, shop, log)
    given = shop.variables[-1]["input"]
    return [row.get("delta", row.get("quantity")) for row in given.get("changes") or given["quantities"]]


async def is_idempotent(seams: Seams) -> bool:
    log: list[str] = []
    shop = Shop(log)
    await write(seams, shop, log)
    return "@idempotent" in shop.texts[0] and "$key" in shop.texts[0]


async def is_pending_ignored_while_slow(seams: Seams) -> bool:
    """Whether a write begins later than 0.4 s after it is asked for."""
    log: list[str] = []
    store: Any = Store(log)
    shop: Any = Shop(log)
    writer = seams.make_writer(store, shop, Signals(), NoWait())
    try:
        async with asyncio.timeout(0.4):
            await writer.write_once()
    except TimeoutError:
        return True
    except Exception:  # noqa: BLE001 - the double has no waiting effects, which is not the point here
        return False
    return False


class LevelRow(tuple[Any, ...]):
    """A row of a level, by position and by name."""

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(3 if key == "sku" else key)


class TwoLocations:
    """A connection that knows one waiting sale of 2 units, of which location 6 has 9 and location 5 has none."""

    async def fetch(self, statement: str, *_: object) -> list[Any]:
        if "FROM stock" in statement:
            rest = (0, 0, None, None, None, False, False, 0)
            return [LevelRow((9, place, "", "A", units, *rest)) for place, units in ((5, 0), (6, 9))]
        return [(1, "bazaar:1", '{"A": -2}')]


async def where_written(seams: Seams) -> list[int]:
    """The locations that a sale is written at."""
    nothing: Any = None
    connection: Any = TwoLocations()
    chosen, levels = await seams.make_writer(nothing, nothing, Signals(), NoWait())._choose(connection)
    return [change.location_id for change in changes_of(chosen, levels) if change.delta]


async def when_taken(seams: Seams) -> list[str]:
    log: list[str] = []
    store: Any = Store(log)
    async with seams.make_queue(store).claim(WorkType.CHANNEL, 10):
        pass
    return log


# --- the Admin API's client


class Failing:
    """Stands for `AdminApi._attempt`: fails once, then answers."""

    def __init__(self, *, throttled: bool, reason: str) -> None:
        self.throttled, self.reason = throttled, reason
        self.calls = 0

    async def __call__(self, operation: Operation[Any], _: Any) -> Answered[Any]:
        self.calls += 1
        if self.calls == 1:
            raise CallFailed(self.reason, throttled=self.throttled)
        return Answered(operation.answer, 1, 2)


def calls_of_a_failed_write(*, throttled: bool = False, reason: str = "no") -> Callable[[Seams], Awaitable[int]]:
    async def observe(seams: Seams) -> int:
        admin: Any = seams.make_admin(NONE, "http://127.0.0.1:1", "token", NoWait())
        failing = Failing(throttled=throttled, reason=reason)
        admin._attempt = failing
        await admin.call(adjust(1), {})
        return failing.calls

    return observe


async def waits_for_points(seams: Seams) -> bool:
    admin: AdminApi = seams.make_admin(NONE, "http://127.0.0.1:1", "token", NoWait())
    admin._budget.learn(ThrottleStatus(1000.0, 0.0, 100.0), asyncio.get_running_loop().time())
    try:
        async with asyncio.timeout(0.02):
            await admin.wait_for_points(ITEMS)
    except TimeoutError:
        return True
    return False


async def keys_of_two_tries(seams: Seams) -> int:
    """How many idempotency keys two tries of one write have."""
    keys = set()

    class Broken:
        def post(self, _: str, *, data: bytes, headers: Any) -> Any:
            del headers
            keys.add(json.loads(data)["variables"]["key"])
            raise aiohttp.ClientConnectionError

    session: Any = Broken()
    admin = seams.make_admin(session, "http://127.0.0.1:1", "token", NoWait())
    for _ in range(2):
        with suppress(CallFailed):
            await admin._attempt(adjust(1), {"key": "k"})
    return len(keys)


async def delay_after_a_failure(seams: Seams) -> tuple[float, bool]:
    """The wait after a second failure; its jitter is drawn at the upper end here."""

    class Late(random.Random):
        def uniform(self, a: float, b: float) -> float:
            return b

    admin: AdminApi = seams.make_admin(NONE, "http://127.0.0.1:1", "token", Late())
    return admin._delay_s(CallFailed("no"), 2), admin._delay_s(CallFailed("no"), 2) == admin._delay_s(
        CallFailed("no"), 3
    )


# --- reading


class Pages:
    """An Admin API with three pages of items and one location. `skus`: of the items of each page."""

    def __init__(self, *skus: str | None) -> None:
        self.calls: list[Any] = []
        self.nodes: list[Any] = [
            {"id": f"item {n}", "sku": sku, "inventoryLevels": {"nodes": []}} for n, sku in enumerate(skus)
        ]

    async def call(self, operation: Operation[Any], variables: Any) -> Answered[Any]:
        self.calls.append(variables)
        more = operation.answer is Items and len(self.calls) < 3
        info = {"hasNextPage": more, "endCursor": "x"}
        page: dict[str, Any] = {"nodes": [], "pageInfo": info}
        if operation.answer is Items:
            data: Any = {"inventoryItems": {**page, "nodes": self.nodes}}
        elif operation.answer is Locations:
            data = {"locations": {**page, "nodes": [{"id": "gid://shopify/Location/1"}]}}
        else:
            data = {"location": {"inventoryLevels": page}}
        return Answered(msgspec.convert(data, operation.answer), 1, 2)


async def pages_read(seams: Seams) -> int:
    pages: Any = Pages()
    reader: Any = seams.make_reader(NONE, pages, Signals())
    return len([page async for page in reader._pages()])


async def items_read(seams: Seams) -> list[str | None]:
    """The SKUs that are read, where the second item of each page has none."""
    pages: Any = Pages("A", None, "B")
    reader: Any = seams.make_reader(NONE, pages, Signals())
    return [item.sku async for page in reader._pages() for item in page.data.inventory_items.nodes]


async def asks_since(seams: Seams) -> str:
    """The search of a poll for what changed since the second 1000."""
    pages: Any = Pages()
    store: Any = Store([])
    reader: Any = seams.make_reader(store, pages, Signals())
    await reader.read_changed(1_000 * SECOND_NS)
    return str(pages.calls[-1]["query"])[-4:-2]


async def asks_again_since(seams: Seams) -> bool:
    """Whether a second poll asks for what has changed since the second 1000, which is long ago."""
    pages: Any = Pages()
    store: Any = Store([])
    reader: Any = seams.make_reader(store, pages, Signals())
    for _ in range(2):
        await reader.read_changed(1_000 * SECOND_NS)
    return "1970-01-01T00:16:40" in str(pages.calls[-1]["query"])


async def dates_of_reads(seams: Seams) -> bool:
    """Whether a level is stored as of the time of its read."""
    kept: list[Level] = []

    async def keep(_: StockReader, levels: Sequence[Level], healing: Pass | None = None) -> None:
        del healing
        kept.extend(levels)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(StockReader, "_store", keep)
        reader: Any = seams.make_reader(NONE, NONE, Signals())
        if type(reader)._store is not keep:
            await reader._store([Level(1, 2, "", "A", Reading(5, 10, 20))])
        else:
            kept.append(Level(1, 2, "", "A", Reading(5, 10, 20)))
    return kept[0].reading.low_ns == 10


async def feeds_added(seams: Seams) -> int:
    class Parts:
        admin = None

    parts: Any = Parts()
    return len(seams.wrap_feeds(parts, []))


async def reads_what_was_missed(seams: Seams) -> bool:
    missed = MissedFeed.__new__(MissedFeed)
    return missed in seams.wrap_feeds(NONE, [missed])


ADJUSTED, BOTH = ["Adjust", "closed"], [-1, -3]

CASES = (
    Case("batch_drops_tail", applied([entry(1), entry(2)]), ([1, 2], 2), ([1], 2)),
    Case("adjusts_first_location_only", where_written, [6], [5]),
    Case("poison_blocks", applied([entry(1, poison=True)], [entry(2)]), ([1, 2], 2), ([], 0)),
    Case("memory_leaks", kept_bytes, 0, 2 * 64 * 1024),
    Case("latency_grows", slows_down, False, True),
    Case("mark_before_write", order_of_steps, ADJUSTED, ["closed", "Adjust"]),
    Case("new_key_per_attempt", keys_of_two_attempts, 1, 2),
    Case("open_batch_forgotten", steps_at_start, ADJUSTED, ["closed"]),
    Case("taken_before_work", when_taken, ["taken in the claim's transaction"], ["taken"]),
    Case("set_instead_of_adjust", quantities, BOTH, [49, 47]),
    Case("sum_set_at_first_location", quantities, BOTH, [1, -1]),  # the double's second column is the sum
    Case("set_from_stale_read", quantities, BOTH, [39, 37]),
    Case("user_errors_ignored", attempts_after_a_refusal, 2, 1),
    Case("user_errors_ignored", reason, "other", "sale"),
    Case("idempotency_key_missing", is_idempotent, True, False),
    Case("first_change_only", quantities, BOTH, [-1]),
    Case("pending_orders_ignored", is_pending_ignored_while_slow, False, True),
    Case("backoff_in_ms", delay_after_a_failure, (2.0, False), (0.002, False)),
    Case("window_from_the_end", asks_again_since, True, False),
    Case("read_dated_at_its_end", dates_of_reads, True, False),
    Case("key_per_try", keys_of_two_tries, 1, 2),
    Case("failed_write_counts_as_done", calls_of_a_failed_write(throttled=False), 2, 1),
    Case("denied_write_counts_as_done", calls_of_a_failed_write(reason="Access denied for adjust field."), 2, 1),
    Case("denied_write_counts_as_done", calls_of_a_failed_write(), 2, 2),
    Case("throttled_write_counts_as_done", calls_of_a_failed_write(throttled=True), 2, 1),
    Case("throttled_write_counts_as_done", calls_of_a_failed_write(throttled=False), 2, 2),
    Case("no_backoff", waits_for_points, True, False),
    Case("no_backoff", delay_after_a_failure, (2.0, False), (0.0, True)),
    Case("retries_in_lockstep", delay_after_a_failure, (2.0, False), (0.2, True)),
    Case("first_page_of_items_only", pages_read, 3, 1),
    Case("item_without_sku_ends_reading", items_read, ["A", None, "B"] * 3, ["A"]),
    Case("overlap_missing", asks_since, "40", "47"),
    Case("poll_storm", feeds_added, 0, 4),
    Case("dedup_per_source", reads_what_was_missed, True, True),
    Case("ack_before_durable", reads_what_was_missed, True, False),
)
