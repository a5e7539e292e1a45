"""Webhooks for the receiver: genuine ones, replays, hostile content that is signed rightly, and forgeries."""

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

from tests.fuzz.case import Case, http
from tests.fuzz.played import CATALOGUE, CHANNEL_SECRET, CHANNELS, CLIENT_SECRET, SCENARIO
from tests.fuzz.values import BAD_UTF8, TEXTS, json_text, replaced, spoilt

TRIGGERED: Final = b"2026-11-24T06:00:00.123456789Z"
REPLAYED_IDS: Final = 500
TOPICS: Final = (
    "inventory_levels/update",
    "orders/create",
    "orders/paid",
    "orders/cancelled",
    "refunds/create",
    "products/update",
)
ODD_TOPICS: Final = (
    "orders/delete",
    "app/uninstalled",
    "",
    "*",
    "ORDERS_CREATE",
    "orders/create ",
    "x" * 200,
    "x" * 201,
    "order.created",
)
Pairs = list[tuple[bytes, bytes]]


class Webhook:
    """A webhook before it is sent: its parts can be changed, then `case` makes the request."""

    def __init__(self, rng: Random, webhook_id: str) -> None:
        self.webhook_id = webhook_id
        self.channel = rng.choice(("", "", *CHANNELS))
        self.secret = CHANNEL_SECRET if self.channel else CLIENT_SECRET
        self.topic = rng.choice(("order.created", "order.cancelled", "order.returned") if self.channel else TOPICS)
        self.content: Any = channel_body(rng, self) if self.channel else shop_body(rng, self.topic)
        self.body = json.dumps(self.content, ensure_ascii=rng.random() < 0.5).encode()
        self.signed: bytes | None = None  # other bytes than the body

    @property
    def path(self) -> bytes:
        return f"/webhooks/channels/{self.channel}".encode() if self.channel else b"/webhooks/shopify"

    @property
    def prefix(self) -> str:
        return "X-Marketplace-" if self.channel else "X-Shopify-"

    def signature(self) -> bytes:
        return signature_of(self.secret, self.body if self.signed is None else self.signed)

    def headers(self, signature: bytes | None) -> Pairs:
        """The header fields. None: without a signature."""
        names = (
            ("Signature", "Delivery-Id", "Channel") if self.channel else ("Hmac-Sha256", "Webhook-Id", "Shop-Domain")
        )
        sender = self.channel or SCENARIO.shop.domain
        given = {names[1]: self.webhook_id.encode(), names[2]: sender.encode(), "Topic": self.topic.encode()}
        pairs = [((self.prefix + name).encode(), text) for name, text in given.items()]
        pairs += [((self.prefix + "Triggered-At").encode(), TRIGGERED), (b"Content-Type", b"application/json")]
        return pairs if signature is None else [*pairs, ((self.prefix + names[0]).encode(), signature)]


def signature_of(secret: str, body: bytes) -> bytes:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256))


def shop_body(rng: Random, topic: str) -> dict[str, Any]:
    """A body of one of the shop's topics with the fields that services read."""
    product = rng.choice(CATALOGUE.products)
    updated = f"2026-11-24T{rng.randrange(24):02}:{rng.randrange(60):02}:00-05:00"
    order = rng.randrange(10**6)
    match topic.partition("/")[0]:
        case "inventory_levels":
            level = f"gid://shopify/InventoryLevel/{product.level_id}?inventory_item_id={product.inventory_item_id}"
            return {
                "inventory_item_id": product.inventory_item_id,
                "location_id": product.location_id,
                "available": rng.randrange(-5, 500),
                "updated_at": updated,
                "admin_graphql_api_id": level,
            }
        case "refunds":
            line = {"quantity": 1, "restock_type": rng.choice(("return", "cancel", "no_restock"))}
            return {"id": rng.randrange(10**9), "order_id": order, "created_at": updated, "refund_line_items": [line]}
        case "products":
            return {"id": product.product_id, "updated_at": updated, "title": product.title, "status": "active"}
    lines = [{"sku": product.sku, "quantity": 1, "price": "9.99"}]
    return {
        "id": order,
        "updated_at": updated,
        "name": f"#{order}",
        "currency": "GBP",
        "total_price": "9.99",
        "financial_status": "paid",
        "cancelled_at": None,
        "line_items": lines,
    }


def channel_body(rng: Random, webhook: Webhook) -> dict[str, Any]:
    """A notification of a marketplace."""
    lines = [{"sku": rng.choice(CATALOGUE.products).sku, "quantity": rng.randrange(1, 4), "price": "9.99"}]
    order = f"{webhook.channel}-{rng.randrange(10**6)}"
    given = {"return_id": str(rng.randrange(10**9)), "restock": rng.random() < 0.5, "lines": lines}
    returned = given if webhook.topic == "order.returned" else None
    body = {"order_id": order, "status": "open", "lines": lines, "return": returned}
    return {"id": webhook.webhook_id, "topic": webhook.topic, "channel": webhook.channel, "order": body}


def genuine(rng: Random, seed: int, index: int) -> Case:
    webhook = Webhook(rng, f"g-{seed}-{index}")
    data = http(b"POST", webhook.path, webhook.headers(webhook.signature()), webhook.body)
    return Case(index, "genuine", "webhooks", (data,), "accepted", webhook.webhook_id)


def replayed(_rng: Random, seed: int, index: int) -> Case:
    """One of a few hundred webhooks, the same bytes each time."""
    number = index % REPLAYED_IDS
    webhook = Webhook(Random(f"{seed}/replayed/{number}"), f"r-{seed}-{number}")
    data = http(b"POST", webhook.path, webhook.headers(webhook.signature()), webhook.body)
    return Case(index, "replayed", "webhooks", (data,), "accepted", webhook.webhook_id)


def odd_signed(rng: Random, seed: int, index: int) -> Case:
    """Signed with the right key, with content that no shop sends."""
    webhook = Webhook(rng, f"o-{seed}-{index}")
    pick = rng.random()
    if pick < 0.5:
        webhook.body = json.dumps(replaced(rng, webhook.content)).encode()
    elif pick < 0.85:
        webhook.body = json_text(rng, webhook.content)
    else:
        webhook.topic = rng.choice(ODD_TOPICS)
    headers = webhook.headers(webhook.signature())
    known_id = webhook.webhook_id
    if rng.random() < 0.2:
        headers, known_id = _odd_headers(rng, headers), ""
    data = http(b"POST", webhook.path, headers, webhook.body)
    return Case(index, "odd_signed", "webhooks", (data,), "any", known_id)


def _odd_headers(rng: Random, headers: Pairs) -> Pairs:
    """One field doubled, removed, emptied, made long, or filled with bytes."""
    at = rng.randrange(len(headers) - 1)
    name, text = headers[at]
    texts = (
        b"",
        b" ",
        b"x" * 200,
        b"x" * 201,
        b"x" * 5_000,
        rng.choice(BAD_UTF8),
        "é".encode(),
        b"a\tb",
        text + b"\x00",
        b"9" * 5_000,
    )
    pick = rng.randrange(4)
    if pick == 0:
        return headers[:at] + headers[at + 1 :]
    if pick == 1:
        return [*headers, (name, rng.choice(texts))]
    return [*headers[:at], (name.upper() if pick == 2 else name, rng.choice(texts)), *headers[at + 1 :]]


def _other_key(rng: Random, webhook: Webhook) -> Pairs:
    keys = ("", "x", CLIENT_SECRET + " ", CLIENT_SECRET.upper(), CLIENT_SECRET if webhook.channel else CHANNEL_SECRET)
    return webhook.headers(signature_of(rng.choice(keys), webhook.body))


def _spoilt_signature(rng: Random, webhook: Webhook) -> Pairs:
    right = webhook.signature()
    at = rng.randrange(len(right) - 2)  # the last character before "=" holds bits that are not used
    flipped = right[:at] + bytes([right[at] ^ 1]) + right[at + 1 :]
    found = (
        b"",
        right[:-1],
        right[:-2],
        right + b"=",
        right.swapcase(),
        flipped,
        b"sha256=" + right,
        base64.b64decode(right).hex().encode(),
        base64.urlsafe_b64encode(hashlib.sha256(webhook.body).digest()),
        b"A" * len(right),
        b"=" * 5_000,
        rng.choice(BAD_UTF8),
        b'"' + right + b'"',
        right + b", " + right,
    )
    return webhook.headers(rng.choice([each for each in found if each != right]))


def _tampered(rng: Random, webhook: Webhook) -> Pairs:
    webhook.signed = webhook.body
    changed = rng.choice(
        (
            spoilt(rng, webhook.body),
            webhook.body + b" ",
            b"\xef\xbb\xbf" + webhook.body,
            webhook.body.replace(b":", b": ", 1),
            gzip.compress(webhook.body, mtime=0),
            b"",
            webhook.body * 2,
        )
    )
    webhook.body = changed if changed != webhook.body else changed + b"\n"
    return webhook.headers(webhook.signature())


def _misplaced(rng: Random, webhook: Webhook) -> Pairs:
    """The right signature where nobody may look for it."""
    place = rng.choice((b"Authorization", b"X-Shopify-Hmac", b"X-Shopify-Hmac-Sha1", b"Signature", b"Cookie"))
    return [*webhook.headers(None), (place, webhook.signature())]


def _of_the_other(rng: Random, webhook: Webhook) -> Pairs:
    """The signature in the other sender's field, or the whole request at the other sender's door."""
    other = "X-Shopify-Hmac-Sha256" if webhook.channel else "X-Marketplace-Signature"
    return [*webhook.headers(None), (other.encode(), webhook.signature())]


FORGERIES: Final[tuple[Callable[[Random, Webhook], Pairs], ...]] = (
    lambda _rng, webhook: webhook.headers(None),
    _other_key,
    _spoilt_signature,
    _spoilt_signature,
    _tampered,
    _tampered,
    _misplaced,
    _of_the_other,
)
DOORS: Final = (
    b"//webhooks/shopify",
    b"/webhooks/shopify/",
    b"/%77ebhooks/shopify",
    b"/webhooks/shopify?hmac=",
    b"/webhooks/channels/",
)


def forged(rng: Random, seed: int, index: int) -> Case:
    webhook = Webhook(rng, f"f-{seed}-{index}")
    headers = rng.choice(FORGERIES)(rng, webhook)
    if rng.random() < 0.1:
        headers += [(b"Content-Encoding", rng.choice((b"gzip", b"deflate", b"br", b"identity")))]
    path = rng.choice(DOORS) if rng.random() < 0.1 else webhook.path
    if rng.random() < 0.2:
        data = http(
            b"POST", path, [*headers, (b"Transfer-Encoding", b"chunked")], chunked(rng, webhook.body), length=False
        )
    else:
        data = http(b"POST", path, headers, webhook.body)
    return Case(index, "forged", "webhooks", (data,), "refused", webhook.webhook_id)


def chunked(rng: Random, body: bytes) -> bytes:
    """The body in chunks of random sizes, sometimes with extensions and trailers."""
    parts: list[bytes] = []
    at = 0
    while at < len(body):
        size = rng.choice((1, 7, 100, 5_000))
        piece = body[at : at + size]
        parts.append(b"%x%s\r\n%s\r\n" % (len(piece), rng.choice((b"", b"", b";a=b", b' ; x="y"')), piece))
        at += size
    trailer = rng.choice((b"", b"", b"X-Trailer: 1\r\n"))
    return b"".join(parts) + b"0\r\n" + trailer + b"\r\n"


ODD_IDS: Final = tuple(text for text in TEXTS if text.isascii())
