"""The fields that the service uses of each webhook body. Decoding validates them: a bad body raises Unusable."""

from typing import Annotated, TypeVar

import msgspec

from stockstorm.reference_service.domain.timestamps import nanoseconds_of

Units = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]  # a PostgreSQL integer
Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]  # a PostgreSQL bigint
Reference = Annotated[str, msgspec.Meta(max_length=255)]  # a key of an index, which PostgreSQL bounds at 2,704 bytes


# What decoding of foreign JSON can raise: malformed or of another shape, a string that is not UTF-8, nested too deep.
UNREADABLE_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


NUL_ESCAPE = b"\\u0000"  # the only spelling in JSON
MANY_DIGITS = b"0" * 1_000  # Python refuses to read integers of more than 4,300
DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"0" * 9)
SAMPLE_STEP = 100  # of 1,000 digits in a row, at least 9 are in a sample of each hundredth byte
MANY_SAMPLED = b"0" * (len(MANY_DIGITS) // SAMPLE_STEP - 1)


class Unusable(Exception):
    """A body that can never be applied. The message names the error and does not quote the body."""


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
    """A line of a refund. `restock_type` is return, cancel, no_restock or legacy_restock."""

    quantity: int
    restock_type: str | None = None


class ShopRefund(msgspec.Struct, frozen=True):
    """refunds/create."""

    id: Id
    order_id: Id
    refund_line_items: list[RefundLine] = []

    @property
    def restocks(self) -> bool:
        """Whether any line puts its units back into stock."""
        return any(line.restock_type in ("return", "cancel") for line in self.refund_line_items)


class ShopProduct(msgspec.Struct, frozen=True):
    """products/update."""

    id: Id
    updated_at: str
    title: str | None = None
    status: str | None = None


class ChannelLine(msgspec.Struct, frozen=True, gc=False):
    """A line of a marketplace's order or return."""

    sku: Reference
    quantity: Units


class ChannelReturn(msgspec.Struct, frozen=True):
    """A return. `restock` is false if the units are not sellable again."""

    return_id: Reference
    restock: bool
    lines: list[ChannelLine]


class ChannelOrder(msgspec.Struct, frozen=True):
    """A marketplace's order as its notifications describe it. `return_` is set for order.returned only."""

    order_id: Reference
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


def check_json(body: bytes) -> None:
    """Raises one of UNREADABLE_JSON for a body that a reader may fail on. Builds no objects, because most are good."""
    msgspec.json.decode(body, type=msgspec.Raw)
    if not body.isascii():  # the type Raw checks neither this nor the size of numbers
        str(body, "utf-8")
    sample = body[::SAMPLE_STEP].translate(DIGITS_TO_ZERO)
    if MANY_SAMPLED in sample and MANY_DIGITS in body.translate(DIGITS_TO_ZERO):
        msgspec.json.decode(body)  # fails if the digits are an integer and not, for example, in a string


def decode(body: bytes | msgspec.Raw, kind: type[Payload]) -> Payload:
    """Decodes a body as `kind`; Unusable if it does not match, or is not UTF-8 in a field that is not used."""
    try:
        if isinstance(body, bytes) and not body.isascii():
            str(body, "utf-8")
        payload: Payload = _DECODERS[kind].decode(body)  # type: ignore[assignment]  # each kind has its own decoder
    except UNREADABLE_JSON as error:
        found = error if isinstance(error, msgspec.DecodeError) else type(error).__name__  # the others quote the body
        raise Unusable(f"not a {kind.__name__}: {found}") from None
    if NUL_ESCAPE in bytes(body) and _holds_nul(msgspec.to_builtins(payload)):  # not in a field that is not used
        raise Unusable(f"not a {kind.__name__}: a text with U+0000, which PostgreSQL cannot store")
    return payload


def _holds_nul(value: object) -> bool:
    if isinstance(value, dict | list):
        return any(map(_holds_nul, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str) and "\x00" in value


def updated_ns(text: str) -> int:
    """`updated_at` in nanoseconds since the epoch; Unusable if it is not a time."""
    try:
        found = nanoseconds_of(text)
    except (ValueError, OverflowError):
        raise Unusable("updated_at is not a time") from None
    if not 0 <= found < 2**63:
        raise Unusable("updated_at is before 1970, or does not fit into a bigint")
    return found
