"""What leads to a push, what is pushed then, and what a read leaves behind."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec

from stockstorm.reference_service.clients.marketplace import MarketplaceCallFailed
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import ListingPusher
from stockstorm.reference_service.sync.signals import Signals
from tests.unit.reference_service.flaws.calling import Recording, Rows, marketplace_of
from tests.unit.reference_service.flaws.case import Case

NONE: Any = None
SKUS = ["A", "B", "C", "D", "E"]


def pusher_of(seams: Seams, units: Mapping[str, int], safety_stock: int = 0) -> tuple[ListingPusher, Recording]:
    """A pusher of what `units` holds when it pushes."""
    marketplace = Recording()

    async def listable(skus: Sequence[str]) -> Mapping[str, int]:
        return {sku: units[sku] for sku in skus}

    return seams.make_pusher("bazaar", marketplace, listable, safety_stock, random.Random(1)), marketplace


def listed(*quantities: int, safety_stock: int = 0) -> Callable[[Seams], Awaitable[list[int]]]:
    """The quantities that are pushed while a SKU has these, one after the other."""

    async def observe(seams: Seams) -> list[int]:
        units: dict[str, int] = {}
        pusher, marketplace = pusher_of(seams, units, safety_stock)
        for quantity in quantities:
            units["A"] = quantity
            pusher.touch(["A"])
            await pusher.push_once()
        return [row["A"] for row in marketplace.rows]

    return observe


async def pushes_of_a_quantity_that_was_sold_in_between(seams: Seams) -> int:
    pusher, marketplace = pusher_of(seams, {"A": 10})
    pusher.touch(["A"])
    await pusher.push_once()
    pusher.forget(["A"])  # the marketplace sold one, and it came back
    await pusher.push_once()
    return len(marketplace.rows)


async def rows_of_two_pushes(seams: Seams) -> int:
    pusher, marketplace = pusher_of(seams, dict.fromkeys(SKUS, 1))
    pusher.touch(SKUS)
    for _ in range(2):
        await pusher.push_once()
    return sum(map(len, marketplace.rows))


async def call_waits_for_another_channel(seams: Seams) -> bool:
    """Whether a push to one channel waits while a call to another one gets no answer."""
    answered = asyncio.Event()

    class Session:
        @asynccontextmanager
        async def request(self, _: str, url: str, **__: Any) -> AsyncIterator[None]:
            if "mercado" in url:
                await answered.wait()
            if url:
                raise OSError
            yield

    session: Any = Session()
    clients = [seams.make_marketplace(session, "http://127.0.0.1:1", name, "t") for name in ("mercado", "bazaar")]
    calls = [asyncio.create_task(client.push({"A": 1})) for client in clients]
    await asyncio.wait({calls[1]}, timeout=0.2)
    waits = not calls[1].done()
    answered.set()
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(one, MarketplaceCallFailed) for one in found)
    return waits


async def pushed_after_a_failure(seams: Seams) -> list[int]:
    """The quantity of a push that fails, and of the next one, before which the quantity changed."""
    sent: list[int] = []

    def answer(_: str, body: Any) -> bytes:
        sent.append(body["listings"][0]["quantity"])
        return b"{" if len(sent) == 1 else b"{}"

    client = marketplace_of(seams, answer)
    for units in (10, 9):
        with suppress(MarketplaceCallFailed):
            await client.push({"A": units})
    return sent


async def waits_after_failures(seams: Seams) -> bool:
    """Whether the eighth failure waits for over half a minute, although each push after a failure succeeded."""
    pusher, _ = pusher_of(seams, {"A": 1})
    waits = []
    for _ in range(8):
        waits.append(pusher._fail(MarketplaceCallFailed("HTTP 503")))
        pusher._succeed()
    return waits[-1] > 30


async def reads_are_announced(seams: Seams) -> bool:
    signals = Signals()
    return seams.make_reader(NONE, NONE, signals)._signals is signals


async def cursor_after_a_part_of_a_page(seams: Seams) -> str:
    def answer(path: str, _: Any) -> bytes:
        limit = int(path.rpartition("=")[2])
        rows = list(range(min(5, limit)))
        return msgspec.json.encode({"orders": rows, "next_cursor": str(len(rows))})

    client = marketplace_of(seams, answer)
    await client.orders_since("0", 250)
    return (await client.orders_since("0", 2)).next_cursor


async def resets_pending_at_start(seams: Seams) -> bool:
    class Database(Rows):
        async def execute(self, statement: str) -> None:
            self.statements.append(statement)

    rows = Database([{"sku": "A"}])
    pool: Any = rows
    assert await seams.listed_at_start(pool) == ["A"]
    return any("pending = 0" in statement for statement in rows.statements)


async def two_reads_of_a_quantity(seams: Seams) -> list[int]:
    found = []
    for units in (1, 2):
        pool: Any = Rows([{"sku": "A", "listable": units}])
        found.append((await seams.listable(pool, ["A"]))["A"])
    return found


CASES = (
    Case("own_sales_forgotten", pushes_of_a_quantity_that_was_sold_in_between, 2, 1),
    Case("last_units_offered", listed(5, 3, 2, safety_stock=2), [3, 1, 0], [3, 1, 2]),
    Case("rises_not_pushed", listed(10, 9, 11), [10, 9, 11], [10, 9]),
    Case("pushes_cut_off", rows_of_two_pushes, 5, 3),
    Case("one_connection_for_all", call_waits_for_another_channel, False, True),
    Case("read_without_push", reads_are_announced, True, False),
    Case("cursor_past_young", cursor_after_a_part_of_a_page, "2", "5"),
    Case("failed_push_repeated", pushed_after_a_failure, [10, 9], [10, 10]),
    Case("failures_never_forgotten", waits_after_failures, False, True),
    Case("pending_forgotten", resets_pending_at_start, False, True),
    Case("old_quantity_cached", two_reads_of_a_quantity, [1, 2], [1, 1]),
)
