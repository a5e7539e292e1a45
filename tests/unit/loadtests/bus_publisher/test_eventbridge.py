"""Shopify's envelope on EventBridge, byte for byte."""

import json

import pytest

from stockstorm.loadtests.bus_publisher.bus import Delivery, NotAccepted
from stockstorm.loadtests.bus_publisher.eventbridge import PAYLOAD_MAX_BYTES, eventbridge_detail

HEADERS = {"x-shopify-topic": "orders/create", "x-shopify-hmac-sha256": "c2lnbmVk", "x-shopify-webhook-id": "w-1"}


def test_the_detail_contains_the_payloads_bytes_unchanged() -> None:
    body = b'{ "id" : 9007199254740993, "price": 1.50, "text": "\\u0026\\/ \xc3\xa9" }'
    assert eventbridge_detail(Delivery(body, HEADERS)) == (
        '{"payload":{ "id" : 9007199254740993, "price": 1.50, "text": "\\u0026\\/ é" },"metadata":{'
        '"Content-Type":"application/json","X-Shopify-Topic":"orders/create",'
        '"X-Shopify-Hmac-SHA256":"c2lnbmVk","X-Shopify-Webhook-Id":"w-1"}}'
    )


@pytest.mark.parametrize("identity", ["9007199254740993", '"gid"'])
def test_a_payload_over_the_limit_becomes_its_id_without_its_signature(identity: str) -> None:
    body = f'{{"padding":"{"x" * PAYLOAD_MAX_BYTES}","id":{identity}}}'.encode()
    detail = eventbridge_detail(Delivery(body, HEADERS))
    assert detail.startswith(f'{{"payload":{{"id":{identity}}},"metadata":')
    assert "X-Shopify-Hmac-SHA256" not in json.loads(detail)["metadata"]


def test_a_payload_at_the_limit_stays_whole() -> None:
    body = b'{"id":1,"x":"' + b"x" * (PAYLOAD_MAX_BYTES - 15) + b'"}'
    assert len(body) == PAYLOAD_MAX_BYTES
    assert len(json.loads(eventbridge_detail(Delivery(body, {})))["payload"]["x"]) == PAYLOAD_MAX_BYTES - 15


def test_a_large_payload_without_an_id_becomes_a_null_id() -> None:
    body = b'{"x":"' + b"x" * PAYLOAD_MAX_BYTES + b'"}'
    assert json.loads(eventbridge_detail(Delivery(body, {})))["payload"] == {"id": None}


@pytest.mark.parametrize("body", [b"", b"not json", b'{"id":1},"metadata":{}', b'{"id":"\xff"}'])
def test_a_body_that_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(NotAccepted) as refused:
        eventbridge_detail(Delivery(body, HEADERS))
    assert refused.value.status == 400
