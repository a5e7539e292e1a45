"""A delivery as Shopify puts it on a bus: pure functions from bytes and headers to what the bus carries.

The shapes are those of docs/sources.md, S7. The payload's bytes are spliced in as they are: what was signed, counted
and logged elsewhere is what arrives.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from stockstorm.loadtests.bus_publisher.base import Delivery, NotAccepted

PAYLOAD_MAX_BYTES: Final = 1_000_000  # EventBridge, since 2026-11-17
DETAIL_TYPE: Final = "shopifyWebhook"
SIGNATURE: Final = "x-shopify-hmac-sha256"
# Shopify writes these on a bus as here, whatever their case on the way to us.
SPELLING: Final = {
    name.lower(): name
    for name in (
        "X-Shopify-Topic",
        "X-Shopify-Hmac-SHA256",
        "X-Shopify-Shop-Domain",
        "X-Shopify-API-Version",
        "X-Shopify-Webhook-Id",
        "X-Shopify-Event-Id",
        "X-Shopify-Triggered-At",
        "X-Shopify-Name",
        "X-Shopify-Order-Id",
        "X-Shopify-Product-Id",
        "X-Shopify-Test",
    )
}


class _Identified(msgspec.Struct):
    id: msgspec.Raw = msgspec.Raw(b"null")


_identified = msgspec.json.Decoder(_Identified)
_any_json = msgspec.json.Decoder(msgspec.Raw)


def eventbridge_detail(delivery: Delivery) -> str:
    """`{"payload": …, "metadata": …}`; a payload over the limit is replaced by `{"id": …}`, to be fetched by the API.

    Raises NotAccepted for a body that is not JSON, which could not be spliced.
    """
    body, headers = delivery.body, delivery.headers
    try:
        text = body.decode()
        _any_json.decode(body)
        if len(body) > PAYLOAD_MAX_BYTES:
            text = f'{{"id":{bytes(_identified.decode(body).id).decode()}}}'
            headers = {name: value for name, value in headers.items() if name != SIGNATURE}  # it signed other bytes
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotAccepted(400, f"the body is not a JSON object: {error}") from None
    metadata = {"Content-Type": "application/json"} | bus_attributes(headers)
    return f'{{"payload":{text},"metadata":{msgspec.json.encode(metadata).decode()}}}'


def bus_attributes(headers: Mapping[str, str]) -> dict[str, str]:
    """The senders' own headers, Shopify's in its spelling: Pub/Sub's attributes, and most of EventBridge's metadata."""
    return {SPELLING.get(name, name.title()): value for name, value in headers.items()}
