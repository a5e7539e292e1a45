"""Messages of event buses, in Shopify's envelope or with its attributes."""

import json
from typing import Any

import pytest

from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.ingress.bus_envelopes import read_eventbridge, read_pubsub, reader, stub_id
from stockstorm.reference_service.queues.base import Message, Unreadable
from stockstorm.reference_service.queues.broker import Received

SHOP = "demo.myshopify.com"
DEEP = b'{"id":"x","detail":' + b"[" * 100_000
METADATA = {
    "Content-Type": "application/json",
    "X-Shopify-Topic": "products/update",
    "X-Shopify-Shop-Domain": SHOP,
    "X-Shopify-Hmac-SHA256": "bm90IGxvb2tlZCBhdA==",
    "X-Shopify-API-Version": "2026-10",
    "X-Shopify-Webhook-Id": "w-1",
    "X-Shopify-Triggered-At": "2026-11-24T06:00:00.123456789Z",
}
MARKET = {
    "X-Marketplace-Channel": "bazaar",
    "X-Marketplace-Topic": "order.created",
    "X-Marketplace-Delivery-Id": "d-1",
    "X-Marketplace-Triggered-At": "2026-11-24T06:00:00Z",
}
PAYLOAD = b'{"id":9007199254740993,"title":"Gr\xc3\xb6\xc3\x9fe","price":1.10}'
ON_EVENTBRIDGE = reader(read_eventbridge, SHOP, ("bazaar", "mercado"))
ON_PUBSUB = reader(read_pubsub, SHOP, ("bazaar", "mercado"))


def enveloped(metadata: dict[str, Any], payload: bytes = PAYLOAD) -> Received:
    """An event with the envelope that captures of Shopify's events show."""
    head = {
        "version": "0",
        "id": "event-1",
        "detail-type": "shopifyWebhook",
        "source": "aws.partner/shopify.com/7/source",
        "account": "123",
        "time": "2026-09-26T17:52:56Z",
        "region": "us-east-2",
        "resources": [],
    }
    detail = '{"payload":' + payload.decode() + ',"metadata":' + json.dumps(metadata) + "}"
    return Received("handle", "sqs-1", 1, f'{json.dumps(head)[:-1]},"detail":{detail}}}'.encode())


def published(attributes: dict[str, str], data: bytes = PAYLOAD) -> Received:
    return Received("handle", "pubsub-1", 1, data, attributes)


@pytest.mark.parametrize("received", ["eventbridge", "pubsub"])
def test_a_webhook_is_the_same_over_both_buses_byte_for_byte(received: str) -> None:
    message = ON_EVENTBRIDGE(enveloped(METADATA)) if received == "eventbridge" else ON_PUBSUB(published(METADATA))
    assert message is not None
    at_ns = 1_795_500_000_123_456_789
    assert message == Message(WorkType.SHOP, "shopify", "w-1", "products/update", at_ns, message.received_ns, PAYLOAD)


@pytest.mark.parametrize("received", ["eventbridge", "pubsub"])
def test_a_marketplace_notification_uses_the_same_bus(received: str) -> None:
    message = ON_EVENTBRIDGE(enveloped(MARKET)) if received == "eventbridge" else ON_PUBSUB(published(MARKET))
    assert message is not None
    assert (message.work_type, message.source, message.webhook_id, message.topic) == (
        WorkType.CHANNEL,
        "bazaar",
        "d-1",
        "order.created",
    )


def test_without_a_webhook_id_the_id_of_the_event_is_used() -> None:
    bare = {name: value for name, value in METADATA.items() if name != "X-Shopify-Webhook-Id"}
    found = (ON_EVENTBRIDGE(enveloped(bare)), ON_PUBSUB(published(bare)))
    assert [message.webhook_id for message in found if message] == ["event-1", "pubsub-1"]


def test_header_names_ignore_case_and_values_that_are_not_text_are_skipped() -> None:
    odd = {name.upper(): value for name, value in METADATA.items()} | {"X-Shopify-Test": True}
    message = ON_EVENTBRIDGE(enveloped(odd))
    assert message is not None
    assert message.webhook_id == "w-1"


@pytest.mark.parametrize(
    "metadata", [METADATA | {"X-Shopify-Shop-Domain": "other.myshopify.com"}, MARKET | {"X-Marketplace-Channel": "x"}]
)
def test_a_message_for_another_shop_or_channel_is_skipped(metadata: dict[str, str]) -> None:
    assert (ON_EVENTBRIDGE(enveloped(metadata)), ON_PUBSUB(published(metadata))) == (None, None)


def test_an_unknown_topic_is_accepted_and_ignored() -> None:
    message = ON_PUBSUB(published(METADATA | {"X-Shopify-Topic": "themes/publish"}))
    assert message is not None
    assert message.work_type is WorkType.IGNORED


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b'{"id":"x"}', b'{"id":"x","detail":{"payload":{}}}', DEEP, b'{"id":"\xff"}']
)
def test_a_message_without_an_envelope_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        ON_EVENTBRIDGE(Received("handle", "sqs-1", 1, body))


@pytest.mark.parametrize("attributes", [{}, {"X-Shopify-Shop-Domain": SHOP}])
def test_a_message_without_a_header_is_unreadable(attributes: dict[str, str]) -> None:
    with pytest.raises(Unreadable):
        ON_PUBSUB(published(attributes, b"{}"))


def test_a_payload_that_is_not_json_is_kept_for_the_dead_letters() -> None:
    message = ON_PUBSUB(published(METADATA, b"nonsense"))
    assert message is not None
    assert message.body == b"nonsense"


@pytest.mark.parametrize(
    ("topic", "body", "number"),
    [
        ("orders/paid", b'{"id": 9007199254740993}', 9007199254740993),
        ("orders/paid", b'{"id":1,"name":"#1"}', None),
        ("orders/paid", b'{"id":"x"}', None),
        ("inventory_levels/update", b'{"id":1}', None),
    ],
)
def test_a_stub_of_a_large_body_is_recognised_by_its_id_alone(topic: str, body: bytes, number: int | None) -> None:
    message = ON_PUBSUB(published(METADATA | {"X-Shopify-Topic": topic}, body))
    assert message is not None
    assert stub_id(message) == number
