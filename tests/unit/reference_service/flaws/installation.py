"""Cases of the flaws of an app's life: a refused token, a refused topic, removed subscriptions, and two secrets."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from stockstorm.reference_service.clients.admin_api import Answered, CallFailed
from stockstorm.reference_service.clients.documents import SUBSCRIPTIONS, Operation
from stockstorm.reference_service.clients.tokens import TokenReplaced
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.handlers import WorkResult
from stockstorm.reference_service.ingress.endpoint import shopify_sender, signature_of
from stockstorm.reference_service.queues.base import Entry, Settled, State
from stockstorm.reference_service.seams import Seams
from tests.unit.reference_service.flaws.case import Case
from tests.unit.reference_service.sync.test_subscriptions import URI, Shop

BODY = b'{"id":1}'


class NoWait(random.Random):
    def uniform(self, a: float, b: float) -> float:
        return 0.0


async def after_a_refused_token(seams: Seams) -> str:
    """What follows a call whose token was refused, while another one can be had."""
    http: Any = None
    admin: Any = seams.make_admin(http, "http://127.0.0.1:1", "dead", NoWait())
    calls: list[str] = []

    async def attempt(operation: Operation[Any], _: Any) -> Answered[Any]:
        calls.append(admin._headers["X-Shopify-Access-Token"])
        if len(calls) == 1:
            raise CallFailed("HTTP 401", unauthorised=True)
        return Answered(operation.answer, 1, 2)

    async def renew() -> str:
        return "new"

    admin._attempt, admin.renew = attempt, renew
    try:
        await admin.call(SUBSCRIPTIONS, {})
    except TokenReplaced:
        return "begins again"
    return f"goes on with the {calls[-1]} token"


async def topics_subscribed_to(seams: Seams) -> list[str]:
    shop: Any = Shop({"ORDERS_CREATE", "ORDERS_PAID"})
    await seams.subscribe(shop, URI, ["inventory_levels/update", "orders/create", "orders/paid", "products/update"])
    return sorted(shop.topics)


async def created_after_a_removal(seams: Seams) -> int:
    """How many subscriptions the second check creates, when all were removed after the first."""
    shop: Any = Shop(set())
    await seams.subscribe(shop, URI, ["orders/create", "orders/paid"])
    shop.topics.clear()
    return await seams.subscribe(shop, URI, ["orders/create", "orders/paid"])


class Missed:
    """A feed that reads what was missed, once at the start and then whenever it runs."""

    def __init__(self) -> None:
        self.read: list[str] = []

    async def catch_up(self) -> None:
        self.read.append("at the start")

    async def run(self) -> None:
        self.read.append("afterwards")


async def reads_of_what_was_missed(seams: Seams) -> list[str]:
    parts: Any = None
    missed = Missed()
    (feed,) = seams.wrap_feeds(parts, [missed])
    await feed.catch_up()
    with suppress(TimeoutError):
        await asyncio.wait_for(feed.run(), 0.01)
    return missed.read


class Deleting:
    """A handler that takes everything, and a connection that keeps what it executes."""

    def __init__(self) -> None:
        self.executed: list[str] = []

    async def apply(self, _: Any, entries: Sequence[Entry]) -> WorkResult:
        return WorkResult([Settled(one, State.APPLIED) for one in entries])

    async def execute(self, statement: str) -> None:
        self.executed.append(statement)


async def deleted_for_privacy(seams: Seams) -> list[str]:
    found = Deleting()
    connection: Any = found
    handler = seams.wrap_handler(WorkType.SHOP, found)
    for topic in ("customers/data_request", "customers/redact"):
        await handler.apply(connection, [Entry(1, 1, "shopify", topic, None, 0, b"{}")])
    return found.executed


async def secrets_accepted(seams: Seams) -> list[str]:
    sender = shopify_sender("demo.myshopify.com", b"new", b"old")
    check = seams.check_signature
    return [name for name in ("new", "old", "other") if check(sender, "t", BODY, signature_of(name.encode(), BODY))]


CASES = (
    Case("subscriptions_not_renewed", after_a_refused_token, "begins again", "goes on with the new token"),
    Case("token_never_replaced", after_a_refused_token, "begins again", "goes on with the dead token"),
    Case(
        "refused_topic_ends_registration",
        topics_subscribed_to,
        ["INVENTORY_LEVELS_UPDATE", "PRODUCTS_UPDATE"],
        ["PRODUCTS_UPDATE"],
    ),
    Case("redaction_forgets_orders", deleted_for_privacy, [], ["DELETE FROM channel_order"]),
    Case("removal_unnoticed", created_after_a_removal, 2, 0),
    Case("gap_not_reconciled", reads_of_what_was_missed, ["at the start", "afterwards"], ["at the start"]),
    Case("previous_secret_forgotten", secrets_accepted, ["new", "old"], ["new"]),
    Case("new_secret_never_read", secrets_accepted, ["new", "old"], ["old"]),
)
