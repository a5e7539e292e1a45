"""What the service sends to the marketplaces, and what it reads from them."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import msgspec

from stockstorm.reference_service.clients.marketplace import FeedPage, Marketplace, MarketplaceCallFailed, Pushed
from stockstorm.reference_service.seams import Seams
from tests.unit.reference_service.flaws.case import Case

NO_SESSION: Any = None


def marketplace_of(seams: Seams, answer: Callable[[str, Any], bytes], channel: str = "bazaar") -> Marketplace:
    """The client of a channel, whose calls `answer` gets: the path, and the decoded body."""
    client: Any = seams.make_marketplace(NO_SESSION, "http://127.0.0.1:1", channel, "token")

    async def call(_: str, path: str, body: bytes | None) -> bytes:
        await asyncio.sleep(0)
        return answer(path, msgspec.json.decode(body) if body else None)

    client._call = call
    made: Marketplace = client
    return made


def pushed(*pushes: dict[str, int], channel: str = "bazaar") -> Callable[[Seams], Awaitable[list[dict[str, int]]]]:
    """The quantities that arrive, push by push."""

    async def observe(seams: Seams) -> list[dict[str, int]]:
        arrived: list[dict[str, int]] = []

        def answer(_: str, body: Any) -> bytes:
            arrived.append({row["sku"]: row["quantity"] for row in body["listings"]})
            return b'{"accepted":1}'

        client = marketplace_of(seams, answer, channel)
        for quantities in pushes:
            await client.push(quantities)
        return arrived

    return observe


async def order_of_arrival(seams: Seams) -> bool:
    """Whether twenty pushes arrive in their order."""
    arrived: list[int] = []

    def answer(_: str, body: Any) -> bytes:
        arrived.append(body["listings"][0]["quantity"])
        return b"{}"

    client = marketplace_of(seams, answer)
    for quantity in range(20):
        await client.push({"A": quantity})
    while len(arrived) < 20:
        await asyncio.sleep(0.01)
    return arrived == sorted(arrived)


async def rejected_rows(seams: Seams) -> int:
    client = marketplace_of(seams, lambda *_: b'{"accepted":0,"rejected":[{"sku":"A"}]}')
    return len((await client.push({"A": 1})).rejected)


async def failure_is_seen(seams: Seams) -> bool:
    def answer(*_: Any) -> bytes:
        raise MarketplaceCallFailed("HTTP 503")

    try:
        await marketplace_of(seams, answer).push({"A": 1})
    except MarketplaceCallFailed:
        return True
    return False


async def orders_read(seams: Seams) -> list[int]:
    """The orders that polls of a feed of 45 read: a poll for each new part of it."""
    feed = [0]

    def answer(path: str, _: Any) -> bytes:
        since, limit = (int(part.partition("=")[2]) for part in path.partition("?")[2].split("&"))
        rows = list(range(since, min(feed[0], since + limit)))
        return msgspec.json.encode({"orders": rows, "next_cursor": str(since + len(rows))})

    client, cursor, found = marketplace_of(seams, answer), "0", list[int]()
    for feed[0] in (5, 45):
        page: FeedPage = await client.orders_since(cursor, 250)
        cursor = page.next_cursor
        found += [int(bytes(order)) for order in page.orders]
    return found


class Recording:
    """A marketplace that records pushes."""

    def __init__(self) -> None:
        self.rows: list[dict[str, int]] = []

    async def push(self, quantities: Mapping[str, int]) -> Pushed:
        self.rows.append(dict(quantities))
        return Pushed(len(quantities))


class Rows:
    """A pool whose rows are the same for every statement."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.rows = rows
        self.statements: list[str] = []

    async def fetch(self, statement: str, *_: Any) -> Sequence[Mapping[str, Any]]:
        self.statements.append(statement)
        return self.rows

    async def fetchval(self, statement: str, *_: Any) -> bool:
        self.statements.append(statement)
        return True


async def listed(seams: Seams) -> list[dict[str, int]]:
    """What one push lists with a safety stock of 2, of 10, 9 and 8 units."""

    async def listable(skus: Sequence[str]) -> Mapping[str, int]:
        return {sku: 10 - number for number, sku in enumerate(sorted(skus))}

    marketplace = Recording()
    pusher = seams.make_pusher("bazaar", marketplace, listable, 2, random.Random(1))
    pusher.touch(["A", "B", "C"])
    await pusher.push_once()
    return marketplace.rows


async def wait_after_failures(seams: Seams) -> tuple[float, bool]:
    """The wait of a pusher after a failed push, and whether a second pusher waits as long."""

    class Failing:
        async def push(self, _: Mapping[str, int]) -> Pushed:
            raise MarketplaceCallFailed("HTTP 503")

    async def listable(skus: Sequence[str]) -> Mapping[str, int]:
        return dict.fromkeys(skus, 1)

    waits = []
    for seed in (1, 2):
        pusher = seams.make_pusher("bazaar", Failing(), listable, 0, random.Random(seed))
        pusher.touch(["A"])
        waits.append(await pusher.push_once())
    return (waits[0] if waits[0] == waits[1] else -1.0), waits[0] == waits[1]


async def calls_after_a_failure(seams: Seams) -> tuple[int, int]:
    """How many calls repeat a push of three rows that failed, and how many rows each has. Nothing is left over."""
    calls: list[int] = []

    class FailingOnce:
        async def push(self, quantities: Mapping[str, int]) -> Pushed:
            calls.append(len(quantities))
            if len(calls) == 1:
                raise MarketplaceCallFailed("HTTP 503")
            return Pushed(len(quantities), [])

    async def listable(skus: Sequence[str]) -> Mapping[str, int]:
        return dict.fromkeys(skus, 1)

    pusher = seams.make_pusher("bazaar", FailingOnce(), listable, 0, random.Random(1))
    pusher.touch(["A", "B", "C"])
    await pusher.push_once()
    assert await pusher.push_once() == 0.0
    assert pusher.unfinished == 0
    return len(calls) - 1, max(calls[1:])


async def waits_as_told(seams: Seams) -> bool:
    """Whether a pusher waits for the whole Retry-After of a marketplace."""

    class Busy:
        async def push(self, _: Mapping[str, int]) -> Pushed:
            raise MarketplaceCallFailed("HTTP 429", 30.0, 429)

    pusher = seams.make_pusher("bazaar", Busy(), every_sku, 0, random.Random(1))
    pusher.touch(["A"])
    return await pusher.push_once() >= 30.0


async def bounds_of_waits(seams: Seams) -> list[float | None]:
    """How long the clients wait for an answer at the most."""
    sessions = [SimpleNamespace(_timeout=aiohttp.ClientTimeout(total=10.0)) for _ in range(2)]
    seams.make_admin(cast(aiohttp.ClientSession, sessions[0]), "http://127.0.0.1:1", "token", random.Random(1))
    seams.make_marketplace(cast(aiohttp.ClientSession, sessions[1]), "http://127.0.0.1:1", "bazaar", "token")
    return [session._timeout.total for session in sessions]


async def every_sku(skus: Sequence[str]) -> Mapping[str, int]:
    return dict.fromkeys(skus, 1)


async def other_channel_waits(seams: Seams) -> bool:
    """Whether a push to one channel waits for the answer of another one."""
    answered = asyncio.Event()

    class Hanging:
        async def push(self, _: Mapping[str, int]) -> Pushed:
            await answered.wait()
            return Pushed(1)

    hanging = seams.make_pusher("mercado", Hanging(), every_sku, 0, random.Random(1))
    other = seams.make_pusher("bazaar", Recording(), every_sku, 0, random.Random(1))
    for pusher in (hanging, other):
        pusher.touch(["A"])
    blocked = asyncio.create_task(hanging.push_once())
    await asyncio.sleep(0)
    pushing = asyncio.create_task(other.push_once())
    await asyncio.wait({pushing}, timeout=0.2)
    waits = not pushing.done()
    answered.set()
    await asyncio.gather(blocked, pushing)
    return waits


async def pushed_after_failures(seams: Seams) -> list[int]:
    """The quantities that are tried, of four pushes of which the first two fail."""
    tried: list[int] = []

    def answer(_: str, body: Any) -> bytes:
        tried.append(body["listings"][0]["quantity"])
        if len(tried) < 3:
            raise MarketplaceCallFailed("HTTP 503", 0.0, 503)
        return b"{}"

    client = marketplace_of(seams, answer)
    for quantity in range(4):
        with suppress(MarketplaceCallFailed):
            await client.push({"A": quantity})
    return tried


async def negative(seams: Seams) -> Mapping[str, int]:
    pool: Any = Rows([{"sku": "A", "listable": -4}])
    return await seams.listable(pool, ["A"])


def statement_has(text: str) -> Callable[[Seams], Awaitable[bool]]:
    """Whether the statement of listable units has this text."""

    async def observe(seams: Seams) -> bool:
        rows = Rows([{"sku": "A", "listable": 1, "units": 1}])
        pool: Any = rows
        await seams.listable(pool, ["A"])
        return text in rows.statements[0]

    return observe


async def listed_at_a_later_start(seams: Seams) -> list[str]:
    pool: Any = Rows([{"sku": "A"}])
    return await seams.listed_at_start(pool)


async def sessions_of_two_pushes(seams: Seams) -> int:
    """How many client sessions two pushes use."""
    client = marketplace_of(seams, lambda *_: b"{}")
    used = set()
    for _ in range(2):
        await client.push({"A": 1})
        used.add(id(client._session))
    for session in getattr(client, "_opened", []):
        await session.close()
    return len(used)


ONE_PUSH = [{"A": 8, "B": 7, "C": 6}]


async def refusals_of_a_registration(seams: Seams) -> int:
    """How often a marketplace without notifications is heard to say so."""

    def answer(*_: Any) -> bytes:
        raise MarketplaceCallFailed("HTTP 404", status=404)

    try:
        await marketplace_of(seams, answer).send_notifications_to("http://me")
    except MarketplaceCallFailed:
        return 1
    return 0


async def reads_again_at_once(seams: Seams) -> bool:
    """Whether one read of a feed without orders is more than one call."""
    paths: list[str] = []

    def answer(path: str, _: Any) -> bytes:
        paths.append(path)
        return b'{"orders":[{}],"next_cursor":"1"}' if len(paths) > 2 else b'{"orders":[],"next_cursor":"0"}'

    await marketplace_of(seams, answer).orders_since("0", 10)
    return len(paths) > 1


CASES = (
    Case("feed_not_polled", refusals_of_a_registration, 1, 0),
    Case("feed_without_pause", reads_again_at_once, False, True),
    Case("pushes_overtake", order_of_arrival, True, False),
    Case("channel_skipped", pushed({"A": 1}, channel="mercado"), [{"A": 1}], []),
    Case("channel_skipped", pushed({"A": 1}), [{"A": 1}], [{"A": 1}]),
    Case("zero_never_pushed", pushed({"A": 0, "B": 1}, {"B": 0}), [{"A": 0, "B": 1}, {"B": 0}], [{"B": 1}]),
    Case("rejected_rows_forgotten", rejected_rows, 1, 0),
    Case("failed_push_forgotten", failure_is_seen, True, False),
    Case(
        "small_changes_not_pushed", pushed({"A": 9}, {"A": 8}, {"A": 6}), [{"A": 9}, {"A": 8}, {"A": 6}],
        [{"A": 9}, {"A": 6}],
    ),
    Case("skus_left_out", pushed({"S-7": 1, "S-8": 1}), [{"S-7": 1, "S-8": 1}], [{"S-8": 1}]),
    Case("sku_read_as_number", pushed({"0012": 1, "A-1": 1}), [{"0012": 1, "A-1": 1}], [{"12": 1, "A-1": 1}]),
    Case("connections_leak", sessions_of_two_pushes, 1, 2),
    Case("cursor_off_by_one", orders_read, list(range(45)), [*range(5), *range(6, 45)]),
    Case("page_two_never_read", orders_read, list(range(45)), list(range(25))),
    Case("safety_stock_ignored", listed, ONE_PUSH, [{"A": 10, "B": 9, "C": 8}]),
    Case("safety_stock_doubled", listed, ONE_PUSH, [{"A": 6, "B": 5, "C": 4}]),
    Case("one_row_per_push", listed, ONE_PUSH, [{"A": 8}]),
    Case("no_backoff", wait_after_failures, (-1.0, False), (0.0, True)),
    Case("retries_in_lockstep", wait_after_failures, (-1.0, False), (0.2, True)),
    Case("retries_in_lockstep", calls_after_a_failure, (1, 3), (3, 1)),
    Case("no_timeout", bounds_of_waits, [10.0, 10.0], [None, None]),
    Case("negative_level_as_zero", statement_has("greatest("), False, True),
    Case("retry_after_ignored", waits_as_told, True, False),
    Case("one_channel_blocks_all", other_channel_waits, False, True),
    Case("push_dropped_when_down", pushed_after_failures, [0, 1, 2, 3], [0, 1]),
    Case("negative_as_positive", negative, {"A": -4}, {"A": 4}),
    Case("pending_orders_ignored", statement_has("pending"), True, False),
    Case("location_left_out", statement_has("min(location_id)"), False, True),
    Case("one_location_listed", statement_has("ORDER BY location_id"), False, True),
    Case("location_overwrites_total", statement_has("ORDER BY as_of_high_ns DESC"), False, True),
    Case("push_state_lost", listed_at_a_later_start, ["A"], []),
)  # fmt: skip
