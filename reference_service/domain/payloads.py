"""RFC 3339 texts to nanoseconds since the epoch, without losing the nanoseconds that datetime cannot hold.

The parts of bodies that the service uses. Decoding checks them: what does not fit raises Unusable.
"""

from datetime import UTC, datetime
from typing import Annotated, TypeVar

import msgspec

SECOND_NS = 1_000_000_000


def nanoseconds_of(text: str) -> int:
    """`2026-11-24T10:00:00.123456789Z` or any offset, with 0 to 9 digits of a second; ValueError otherwise."""
    whole, fraction_ns = text, 0
    dot = text.find(".", 10)
    if dot >= 0:
        end = dot + 1
        while end < len(text) and text[end].isdigit():
            end += 1
        digits = text[dot + 1 : end]
        if not 1 <= len(digits) <= 9:
            raise ValueError(f"not an RFC 3339 time: {text!r}")
        fraction_ns = int(digits.ljust(9, "0"))
        whole = text[:dot] + text[end:]
    moment = datetime.fromisoformat(whole)
    if moment.tzinfo is None:
        raise ValueError(f"a time without its zone: {text!r}")
    return round(moment.astimezone(UTC).timestamp()) * SECOND_NS + fraction_ns


def nanoseconds_or_none(text: str) -> int | None:
    """As nanoseconds_of, but None for what is no time, or none that a bigint holds: for headers, which are a hint."""
    try:
        found = nanoseconds_of(text)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found < 2**63 else None


def second_text(at_ns: int) -> str:
    """Nanoseconds since the epoch as an RFC 3339 text in UTC, down to the second."""
    return datetime.fromtimestamp(at_ns // SECOND_NS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


Units = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]  # what the database keeps as integer
Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Unusable(Exception):
    """A body that can never be applied. The message says what is wrong with it, without quoting it."""


class InventoryLevel(msgspec.Struct, frozen=True, gc=False):
    """inventory_levels/update. `available` is null for an item that is not tracked."""

    inventory_item_id: Id
    location_id: Id
    available: Units | None
    updated_at: str
    admin_graphql_api_id: str | None = None


class ShopOrder(msgspec.Struct, frozen=True):
    """orders/create, /paid, /updated and /cancelled."""

    id: Id
    updated_at: str
    name: str | None = None
    currency: str | None = None
    total_price: str | None = None
    financial_status: str | None = None
    cancelled_at: str | None = None


class RefundLine(msgspec.Struct, frozen=True, gc=False):
    quantity: int
    restock_type: str | None = None


class ShopRefund(msgspec.Struct, frozen=True):
    """refunds/create."""

    id: Id
    order_id: Id
    refund_line_items: list[RefundLine] = []

    @property
    def restocks(self) -> bool:
        return any(line.restock_type in ("return", "cancel") for line in self.refund_line_items)


class ShopProduct(msgspec.Struct, frozen=True):
    """products/update."""

    id: Id
    updated_at: str
    title: str | None = None
    status: str | None = None


class ChannelLine(msgspec.Struct, frozen=True, gc=False):
    sku: str
    quantity: Units


class ChannelReturn(msgspec.Struct, frozen=True):
    return_id: str
    restock: bool
    lines: list[ChannelLine]


class ChannelOrder(msgspec.Struct, frozen=True):
    order_id: str
    lines: list[ChannelLine]
    return_: ChannelReturn | None = msgspec.field(default=None, name="return")


class ChannelNotification(msgspec.Struct, frozen=True):
    """order.created, order.cancelled and order.returned of a marketplace."""

    topic: str
    order: ChannelOrder


Payload = TypeVar("Payload", InventoryLevel, ShopOrder, ShopRefund, ShopProduct, ChannelNotification)
_DECODERS = {
    kind: msgspec.json.Decoder(kind)
    for kind in (InventoryLevel, ShopOrder, ShopRefund, ShopProduct, ChannelNotification)
}


def decode(body: bytes, kind: type[Payload]) -> Payload:
    """The payload of a body, or Unusable."""
    try:
        return _DECODERS[kind].decode(body)  # type: ignore[return-value]  # the registry pairs each kind with its decoder
    except msgspec.DecodeError as error:
        raise Unusable(f"not a {kind.__name__}: {error}") from None


def updated_ns(text: str) -> int:
    """`updated_at` in nanoseconds, or Unusable."""
    try:
        return nanoseconds_of(text)
    except ValueError:
        raise Unusable("updated_at is not a time") from None
