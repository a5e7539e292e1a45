"""Heads carry Shopify's headers, a marketplace's, and nothing that a subscription could smuggle in."""

import msgspec
import pytest

from stockstorm.simulator.delivery.attempts import Address
from stockstorm.simulator.delivery.headers import (
    marketplace_headers,
    marketplace_prefix,
    shopify_headers,
    shopify_prefix,
)
from stockstorm.simulator.model import Subscription

ADDRESS = Address("127.0.0.1", 8080, "/webhooks/shopify?a=1&b=%20")
STOCK = Subscription(11, "shopify", "inventory_levels/update", "http://127.0.0.1:8080/webhooks/shopify", 0, 0)
BAZAAR = Subscription(12, "bazaar", "*", "http://127.0.0.1:8080/webhooks/channels/bazaar", 0, 0)


def shopify_head(
    address: Address = ADDRESS, subscription: Subscription = STOCK, signature: str | None = "c2ln"
) -> bytes:
    return shopify_headers(
        shopify_prefix(address, subscription, "demo.myshopify.com"),
        length=221,
        signature=signature,
        webhook_id="w-1",
        event_id="e-1",
        triggered_at="2026-11-24T12:05:00.877041743Z",
    )


def fields(head: bytes) -> dict[str, str]:
    assert head.endswith(b"\r\n\r\n")
    lines = head.decode("ascii").removesuffix("\r\n\r\n").split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines)


def test_a_shopify_delivery_has_every_documented_header_once() -> None:
    head = shopify_head()
    assert head.startswith(b"POST /webhooks/shopify?a=1&b=%20 HTTP/1.1\r\n")
    assert fields(head) == {
        "Host": "127.0.0.1:8080",
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": "Shopify-Captain-Hook",
        "X-Shopify-Topic": "inventory_levels/update",
        "X-Shopify-Shop-Domain": "demo.myshopify.com",
        "X-Shopify-API-Version": "2026-10",
        "Content-Length": "221",
        "X-Shopify-Hmac-Sha256": "c2ln",
        "X-Shopify-Webhook-Id": "w-1",
        "X-Shopify-Event-Id": "e-1",
        "X-Shopify-Triggered-At": "2026-11-24T12:05:00.877041743Z",
    }


def test_a_delivery_carries_the_version_of_its_app() -> None:
    prefix = shopify_prefix(ADDRESS, STOCK, "demo.myshopify.com", "2026-01")
    assert "X-Shopify-API-Version: 2026-01\r\n" in prefix


def test_the_name_header_is_there_only_for_a_named_subscription() -> None:
    named = msgspec.structs.replace(STOCK, name="stock-feed_1")
    assert fields(shopify_head(subscription=named))["X-Shopify-Name"] == "stock-feed_1"
    assert "X-Shopify-Name" not in fields(shopify_head())


def test_a_delivery_without_signature_has_no_signature_header() -> None:
    assert "X-Shopify-Hmac-Sha256" not in fields(shopify_head(signature=None))


@pytest.mark.parametrize(
    ("address", "host"),
    [
        (Address("shop.example", 443, "/", tls=True), "shop.example"),
        (Address("shop.example", 80, "/"), "shop.example"),
        (Address("shop.example", 443, "/"), "shop.example:443"),
        (Address("::1", 9000, "/"), "[::1]:9000"),
    ],
)
def test_the_host_names_the_port_unless_it_is_the_scheme_s_own(address: Address, host: str) -> None:
    assert fields(shopify_head(address))["Host"] == host


def test_a_path_cannot_inject_a_header() -> None:
    head = shopify_head(Address("127.0.0.1", 80, "/é x\r\nX-Evil: 1"))
    assert head.startswith(b"POST /%C3%A9%20x%0D%0AX-Evil:%201 HTTP/1.1\r\n")
    assert "X-Evil" not in fields(head)


def test_a_marketplace_notification_has_the_channel_s_own_headers() -> None:
    head = marketplace_headers(
        marketplace_prefix(ADDRESS, BAZAAR),
        length=99,
        signature="c2ln",
        topic="order.created",
        webhook_id="w-2",
        triggered_at="2026-11-24T12:05:00.000000001Z",
    )
    assert fields(head) == {
        "Host": "127.0.0.1:8080",
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": "Marketplace-Notifier",
        "X-Marketplace-Channel": "bazaar",
        "Content-Length": "99",
        "X-Marketplace-Topic": "order.created",
        "X-Marketplace-Signature": "c2ln",
        "X-Marketplace-Delivery-Id": "w-2",
        "X-Marketplace-Triggered-At": "2026-11-24T12:05:00.000000001Z",
    }
