"""Shopify's envelope, byte for byte."""

import json

import pytest

from stockstorm.loadtests.bus_publisher.base import Delivery, NotAccepted
from stockstorm.loadtests.bus_publisher.envelope import PAYLOAD_MAX_BYTES, bus_attributes, eventbridge_detail

HEADERS = {"x-shopify-topic": "orders/create", "x-shopify-hmac-sha256": "c2lnbmVk", "x-shopify-webhook-id": "w-1"}


def test_the_payloads_bytes_stand_in_the_detail_as_they_were_posted() -> None:
    body = b'{ "id" : 9007199254740993, "price": 1.50, "text": "\\u0026\\/ \xc3\xa9" }'
    assert eventbridge_detail(Delivery(body, HEADERS)) == (
        '{"payload":{ "id" : 9007199254740993, "price": 1.50, "text": "\\u0026\\/ é" },"metadata":{'
        '"Content-Type":"application/json","X-Shopify-Topic":"orders/create",'
        '"X-Shopify-Hmac-SHA256":"c2lnbmVk","X-Shopify-Webhook-Id":"w-1"}}'
    )


@pytest.mark.parametrize("identity", ["9007199254740993", '"gid"'])
def test_a_payload_over_the_limit_becomes_its_id_without_the_signature_of_other_bytes(identity: str) -> None:
    body = f'{{"padding":"{"x" * PAYLOAD_MAX_BYTES}","id":{identity}}}'.encode()
    detail = eventbridge_detail(Delivery(body, HEADERS))
    assert detail.startswith(f'{{"payload":{{"id":{identity}}},"metadata":')
    assert "X-Shopify-Hmac-SHA256" not in json.loads(detail)["metadata"]


def test_a_payload_at_the_limit_stays_whole() -> None:
    body = b'{"id":1,"x":"' + b"x" * (PAYLOAD_MAX_BYTES - 15) + b'"}'
    assert len(body) == PAYLOAD_MAX_BYTES
    assert len(json.loads(eventbridge_detail(Delivery(body, {})))["payload"]["x"]) == PAYLOAD_MAX_BYTES - 15


def test_a_large_payload_without_an_id_has_none_in_its_fallback() -> None:
    body = b'{"x":"' + b"x" * PAYLOAD_MAX_BYTES + b'"}'
    assert json.loads(eventbridge_detail(Delivery(body, {})))["payload"] == {"id": None}


@pytest.mark.parametrize("body", [b"", b"not json", b'{"id":1},"metadata":{}', b'{"id":"\xff"}'])
def test_a_body_that_could_not_be_spliced_is_refused(body: bytes) -> None:
    with pytest.raises(NotAccepted) as refused:
        eventbridge_detail(Delivery(body, HEADERS))
    assert refused.value.status == 400


def test_headers_get_shopifys_spelling_and_unknown_ones_a_plain_one() -> None:
    assert bus_attributes({"x-shopify-api-version": "2026-10", "x-shopify-sub-topic": "a"}) == {
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Sub-Topic": "a",
    }
