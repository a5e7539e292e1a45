"""Bodies that were too large for the bus are fetched by API before they are processed."""

import asyncio
import json
from typing import Any

import msgspec
import pytest

from stockstorm.reference_service.clients.admin_api import Answered
from stockstorm.reference_service.clients.documents import Operation
from stockstorm.reference_service.clients.order_documents import whole_of
from stockstorm.reference_service.domain.payloads import ShopOrder, ShopProduct, ShopRefund, decode
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.feeds.fetched_bodies import FetchedBodies
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.queues.prefetch_buffer import Prefetched

ORDER = {
    "id": "gid://shopify/Order/7",
    "updatedAt": "2026-11-24T10:00:00Z",
    "name": "#7",
    "currencyCode": "GBP",
    "totalPriceSet": {"shopMoney": {"amount": "9.99"}},
    "displayFinancialStatus": "PARTIALLY_REFUNDED",
    "cancelledAt": None,
}
REFUND = {
    "id": "gid://shopify/Refund/8",
    "order": {"id": "gid://shopify/Order/7"},
    "refundLineItems": {"nodes": [{"quantity": 2, "restockType": "RETURN"}]},
}
PRODUCT = {
    "id": "gid://shopify/Product/9",
    "updatedAt": "2026-11-24T10:00:00Z",
    "title": "Mug",
    "status": "ACTIVE",
}


class Api:
    """An Admin API that answers with one node. `calls`: the variables of each call."""

    def __init__(self, node: Any) -> None:
        self.node, self.calls = node, list[Any]()

    async def call(self, operation: Operation[Any], variables: Any) -> Answered[Any]:
        self.calls.append(variables)
        if isinstance(self.node, Exception):
            raise self.node
        return Answered(msgspec.json.decode(json.dumps({"node": self.node}), type=operation.answer), 1, 2)


class OneIncomplete:
    """A queue with one incomplete message."""

    def __init__(self, topic: str, number: int) -> None:
        body = f'{{"id":{number}}}'.encode()
        self.first: Prefetched | None = Prefetched(Message(WorkType.SHOP, "shopify", "w", topic, 1, 1, body), ["h"], 1)
        self.completed: list[Message] = []
        self.given_back: list[Prefetched] = []

    async def next_incomplete(self) -> Prefetched:
        found, self.first = self.first, None
        if found is None:
            await asyncio.get_running_loop().create_future()
        assert found is not None
        return found

    def complete(self, completed: Prefetched) -> None:
        self.completed.append(completed.message)

    def give_back(self, incomplete: Prefetched, delay_s: float) -> None:
        self.given_back.append(incomplete)


async def fetched(queue: OneIncomplete, api: Api) -> bytes:
    running = asyncio.create_task(FetchedBodies(queue, api).run())  # type: ignore[arg-type]  # doubles of both
    await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait({running})
    (message,) = queue.completed
    return message.body


@pytest.mark.asyncio
async def test_a_fetched_order_equals_its_webhook() -> None:
    api = Api(ORDER)
    order = decode(await fetched(OneIncomplete("orders/paid", 7), api), ShopOrder)
    assert order == ShopOrder(7, "2026-11-24T10:00:00Z", "#7", "GBP", "9.99", "partially_refunded", None)
    assert api.calls == [{"id": "gid://shopify/Order/7"}]


@pytest.mark.asyncio
async def test_a_fetched_refund_has_its_order_and_whether_it_restocks() -> None:
    refund = decode(await fetched(OneIncomplete("refunds/create", 8), Api(REFUND)), ShopRefund)
    assert (refund.id, refund.order_id, refund.restocks) == (8, 7, True)


@pytest.mark.asyncio
async def test_a_fetched_product_equals_its_webhook() -> None:
    product = decode(await fetched(OneIncomplete("products/update", 9), Api(PRODUCT)), ShopProduct)
    assert product == ShopProduct(9, "2026-11-24T10:00:00Z", "Mug", "active")


@pytest.mark.asyncio
async def test_a_resource_that_is_gone_from_the_shop_stays_a_stub() -> None:
    assert await fetched(OneIncomplete("orders/updated", 7), Api(None)) == b'{"id":7}'


@pytest.mark.asyncio
async def test_a_message_is_given_back_if_its_body_cannot_be_fetched() -> None:
    queue = OneIncomplete("orders/paid", 7)
    with pytest.raises(ZeroDivisionError):
        await FetchedBodies(queue, Api(ZeroDivisionError())).run()  # type: ignore[arg-type]  # doubles of both
    assert ([incomplete.handles for incomplete in queue.given_back], queue.completed) == ([["h"]], [])


def test_other_topics_are_never_too_large() -> None:
    assert whole_of("inventory_levels/update", 1) is None
