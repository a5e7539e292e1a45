"""Requests for privacy: what is deleted, and what is not a request."""

from typing import Any

import msgspec
import pytest

from stockstorm.reference_service.domain.payloads import Unusable
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.handlers.privacy import answer_request
from stockstorm.reference_service.handlers.shop import ShopHandler
from stockstorm.reference_service.ingress.endpoint import shopify_sender
from stockstorm.reference_service.queues.base import DeadLetter, Entry, Settled, State

REDACT = msgspec.json.encode(
    {"shop_id": 1, "customer": {"id": 191167, "email": "x@example.com"}, "orders_to_redact": [299938]}
)


class Connection:
    """Finds the dead letters 7 and 8, and keeps what it is told to do."""

    def __init__(self) -> None:
        self.done: list[tuple[str, Any]] = []
        self.sought: list[str] = []

    async def fetch(self, _: str, numbers: list[str]) -> list[dict[str, int]]:
        self.sought = numbers
        return [{"entry": 7}, {"entry": 8}]

    async def execute(self, statement: str, *given: Any) -> None:
        self.done.append((statement.partition(" WHERE")[0], given))


def entry(topic: str, body: bytes) -> Entry:
    return Entry(1, 1, "shopify", topic, None, 0, body)


async def answered(topic: str, body: bytes) -> Connection:
    connection: Any = Connection()
    await answer_request(connection, entry(topic, body))
    found: Connection = connection
    return found


@pytest.mark.asyncio
async def test_a_redaction_of_a_customer_deletes_the_dead_letters_that_name_them() -> None:
    connection = await answered("customers/redact", REDACT)
    assert connection.sought == ["191167", "299938"]
    assert connection.done == [("DELETE FROM dead_letter", ([7, 8],))]


@pytest.mark.asyncio
async def test_a_request_for_data_deletes_nothing() -> None:
    body = REDACT.replace(b"orders_to_redact", b"orders_requested")
    assert (await answered("customers/data_request", body)).done == []


@pytest.mark.asyncio
async def test_a_redaction_of_the_shop_deletes_the_copies_of_its_orders() -> None:
    connection = await answered("shop/redact", b'{"shop_id": 1}')
    assert {statement for statement, _ in connection.done} == {
        "DELETE FROM dead_letter",
        "DELETE FROM shop_order",
        "DELETE FROM shop_refund",
        "DELETE FROM shop_product",
    }


@pytest.mark.asyncio
async def test_what_is_no_request_is_a_dead_letter_and_the_rest_goes_on() -> None:
    with pytest.raises(Unusable):
        await answered("customers/redact", b"[]")
    connection: Any = Connection()
    entries = [entry("customers/redact", b"[]"), entry("customers/redact", REDACT)]
    found = await ShopHandler().apply(connection, entries)
    assert [type(verdict) for verdict in found.verdicts] == [DeadLetter, Settled]
    assert found.verdicts[1] == Settled(entries[1], State.APPLIED)


def test_the_topics_are_handled_and_not_subscribed_to() -> None:
    topics = shopify_sender("demo.myshopify.com", b"s").topics
    assert topics["customers/redact"] is topics["shop/redact"] is WorkType.SHOP
