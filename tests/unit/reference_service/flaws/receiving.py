"""What the receiving side does: signatures, deduplication, storing and answering."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.ingress.endpoint import channel_sender, shopify_sender, signature_of
from stockstorm.reference_service.queues.base import InboxFull, Message
from stockstorm.reference_service.queues.postgres import PUT
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import StoreUnavailable
from tests.unit.reference_service.flaws.case import Case

SECRET = b"secret"
BODY = b'{"id":1,"note":"x \\/ y"}'
SIGNED = signature_of(SECRET, BODY)
IN_HEX = hmac.new(SECRET, BODY, hashlib.sha256).hexdigest().encode()
SHOP, CHANNEL = shopify_sender("demo.myshopify.com", SECRET), channel_sender("bazaar", SECRET)
REQUESTS = {
    "genuine": (SHOP, "orders/create", BODY, SIGNED),
    "genuine of a channel": (CHANNEL, "order.created", BODY, SIGNED),
    "forged": (SHOP, "orders/create", BODY, b"forged"),
    "forged, another topic": (SHOP, "inventory_levels/update", BODY, b"forged"),
    "forged for a channel": (CHANNEL, "order.created", BODY, b"forged"),
    "empty": (SHOP, "orders/create", BODY, b""),
    "truncated": (SHOP, "orders/create", BODY, SIGNED[:8]),
    "hex": (SHOP, "orders/create", BODY, IN_HEX),
    "empty key": (SHOP, "orders/create", BODY, signature_of(b"", BODY)),
    "other case": (SHOP, "orders/create", BODY, SIGNED.swapcase()),
}
GENUINE = {"genuine", "genuine of a channel"}


async def accepted(seams: Seams) -> set[str]:
    return {name for name, request in REQUESTS.items() if seams.check_signature(*request)}


def message(webhook_id: str = "w1", source: str = "bazaar") -> Message:
    return Message(WorkType.CHANNEL, source, webhook_id, "order.created", None, 1, b"{}")


class Table:
    """A pool over the inbox alone. `fails`: so many statements fail first."""

    def __init__(self, fails: int = 0) -> None:
        self.entries: list[tuple[str, str]] = []
        self.fails = fails

    async def fetchval(self, statement: str, _: Any, sources: list[str], ids: list[str], *__: Any) -> int:
        if self.fails:
            self.fails -= 1
            raise ConnectionResetError
        new = [key for key in zip(sources, ids, strict=True) if statement != PUT or key not in self.entries]
        self.entries += new
        return len(new)


Delivering = Callable[[Callable[[], Any], Table], Awaitable[None]]


def entries_after(deliver: Delivering, fails: int = 0) -> Callable[[Seams], Awaitable[int]]:
    """The entries in the queue after deliveries to queues that `deliver` makes, one for each start of the process."""

    async def observe(seams: Seams) -> int:
        table: Any = Table(fails)
        await deliver(lambda: seams.make_queue(table), table)
        return len(table.entries)

    return observe


async def twice(start: Callable[[], Any], _: Table) -> None:
    queue = start()
    for _again in range(2):
        await queue.put([message()])


async def with_a_restart_between(start: Callable[[], Any], _: Table) -> None:
    for _again in range(2):
        await start().put([message()])


async def after_a_while(start: Callable[[], Any], _: Table) -> None:
    queue = start()
    await queue.put([message()])
    await asyncio.sleep(0.55)
    await queue.put([message()])


async def at_once(start: Callable[[], Any], _: Table) -> None:
    queue = start()
    await asyncio.gather(queue.put([message()]), queue.put([message()]))


async def after_a_failure(start: Callable[[], Any], _: Table) -> None:
    queue = start()
    for _again in range(2):
        try:
            await queue.put([message()])
        except StoreUnavailable:
            continue


class Inbox:
    """Records what is put into it."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    async def put(self, given: Message) -> None:
        self.ids.append(given.webhook_id)


async def answers_to_a_duplicate(seams: Seams) -> list[str]:
    endpoint, answers = seams.wrap_endpoint(Inbox()), []
    for _ in range(2):
        try:
            await endpoint.put(message())
            answers.append("200")
        except InboxFull:
            answers.append("503")
    return answers


async def kept_of_a_burst(seams: Seams) -> int:
    inbox = Inbox()
    endpoint = seams.wrap_endpoint(inbox)
    for number in range(100):
        await endpoint.put(message(str(number)))
    return len(inbox.ids) // 50


async def one_at_a_time(seams: Seams) -> bool:
    endpoint = seams.wrap_endpoint(Inbox())
    started = asyncio.get_running_loop().time()
    await asyncio.gather(*(endpoint.put(message(str(number))) for number in range(2)))
    return asyncio.get_running_loop().time() - started >= 0.3


async def stored_before_the_answer(seams: Seams) -> bool:
    stored: list[Message] = []

    async def store(messages: Sequence[Message]) -> int:
        stored.extend(messages)
        return len(messages)

    inbox = seams.make_inbox(store)
    running = asyncio.create_task(inbox.run())
    await inbox.put(message())
    running.cancel()
    return stored != []


async def answer_to_a_failure(seams: Seams) -> str:
    async def store(_: Sequence[Message]) -> int:
        raise StoreUnavailable("gone")

    inbox = seams.make_inbox(store)
    running = asyncio.create_task(inbox.run())
    try:
        await inbox.put(message())
    except StoreUnavailable:
        return "503"
    finally:
        running.cancel()
    return "200"


class Keeping:
    """An inbox that keeps what it takes."""

    def __init__(self) -> None:
        self.kept: list[Message] = []

    async def put(self, message: Message) -> None:
        self.kept.append(message)


async def work_of_an_edit(seams: Seams) -> list[str]:
    """What becomes of the levels of an edit and of another change."""
    inbox = Keeping()
    endpoint = seams.wrap_endpoint(inbox)
    await endpoint.put(Message(WorkType.IGNORED, "shopify", "w1", "orders/edited", 5, 1, b"{}"))
    for webhook_id, triggered_ns in (("w2", 5), ("w3", 6)):
        level = Message(WorkType.STOCK, "shopify", webhook_id, "inventory_levels/update", triggered_ns, 1, b"{}")
        await endpoint.put(level)
    return [kept.work_type.name for kept in inbox.kept[1:]]


async def answer_to_a_large_body(seams: Seams) -> str:
    endpoint = seams.wrap_endpoint(Keeping())
    try:
        await endpoint.put(Message(WorkType.SHOP, "shopify", "w1", "orders/create", 5, 1, b"x" * 200_000))
    except InboxFull:
        return "503"
    return "200"


async def kept_of_an_action(seams: Seams) -> list[str]:
    """What is kept of two events of one action, a copy of the first, and an event of another action."""
    inbox = Keeping()
    endpoint = seams.wrap_endpoint(inbox)
    for webhook_id, triggered_ns in (("w1", 5), ("w2", 5), ("w1", 5), ("w3", 6)):
        await endpoint.put(Message(WorkType.SHOP, "shopify", webhook_id, "orders/create", triggered_ns, 1, b"{}"))
    return [kept.webhook_id for kept in inbox.kept]


async def big_id(seams: Seams) -> int:
    inbox = Keeping()
    body = b'{"inventory_item_id":9007199254740993}'
    await seams.wrap_endpoint(inbox).put(
        Message(WorkType.STOCK, "shopify", "w1", "inventory_levels/update", 5, 1, body)
    )
    return int(json.loads(inbox.kept[0].body)["inventory_item_id"])


async def kept_after_uninstalled(seams: Seams) -> list[str]:
    inbox = Keeping()
    endpoint = seams.wrap_endpoint(inbox)
    for source, topic in (
        ("shopify", "orders/create"),
        ("shopify", "app/uninstalled"),
        ("shopify", "orders/paid"),
        ("bazaar", "order.created"),
    ):
        await endpoint.put(Message(WorkType.SHOP, source, topic, topic, 5, 1, b"{}"))
    return [kept.topic for kept in inbox.kept if kept.topic != "app/uninstalled"]


CASES = (
    Case(
        "late_uninstalled_ends_session",
        kept_after_uninstalled,
        ["orders/create", "orders/paid", "order.created"],
        ["orders/create", "order.created"],
    ),
    Case("dedup_by_event_id", kept_of_an_action, ["w1", "w2", "w1", "w3"], ["w1", "w1", "w3"]),
    Case("ids_rounded", big_id, 2**53 + 1, 2**53),
    Case("no_signature_check", accepted, GENUINE, set(REQUESTS)),
    Case("signature_of_one_topic", accepted, GENUINE, GENUINE | {"forged, another topic", "forged for a channel"}),
    Case("signature_of_shop_only", accepted, GENUINE, GENUINE | {"forged for a channel"}),
    Case("signature_in_hex", accepted, GENUINE, {"hex"}),
    Case("signature_in_either_form", accepted, GENUINE, GENUINE | {"hex"}),
    Case("signature_by_prefix", accepted, GENUINE, GENUINE | {"empty", "truncated"}),
    Case("signature_may_be_empty", accepted, GENUINE, GENUINE | {"empty"}),
    Case("signature_of_empty_key", accepted, GENUINE, GENUINE | {"empty key"}),
    Case("signature_case_ignored", accepted, GENUINE, GENUINE | {"other case"}),
    Case("signature_of_parsed_body", accepted, GENUINE, set()),
    Case("wrong_secret", accepted, GENUINE, {"genuine of a channel"}),
    Case("no_order_dedup", entries_after(twice), 1, 2),
    Case("cancelled_orders_forgotten", entries_after(twice), 1, 2),
    Case("dedup_in_memory", entries_after(with_a_restart_between), 1, 2),
    Case("dedup_window_short", entries_after(after_a_while), 1, 2),
    Case("dedup_race", entries_after(at_once), 1, 2),
    Case("dedup_before_success", entries_after(after_a_failure, fails=1), 1, 0),
    Case("duplicates_refused", answers_to_a_duplicate, ["200", "200"], ["200", "503"]),
    Case("overflow_dropped", kept_of_a_burst, 2, 0),
    Case("slow_handler", one_at_a_time, False, True),
    Case("ack_before_durable", stored_before_the_answer, True, False),
    Case("errors_swallowed", answer_to_a_failure, "503", "200"),
    Case("edits_ignored", work_of_an_edit, ["STOCK", "STOCK"], ["IGNORED", "STOCK"]),
    Case("large_bodies_refused", answer_to_a_large_body, "200", "503"),
)
