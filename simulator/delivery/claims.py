"""What forged deliveries claim, for every topic of every source: bodies like genuine ones, about what never happened.

A claim would show: an order that nobody placed has a reference of its own, a quantity is one that was never there.
Cancellations and returns are claimed of a buyer's newest order, because those of an unknown order change nothing.
"""

from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.model import (
    APP_TOPICS,
    ONLINE,
    SHOPIFY,
    Event,
    Level,
    Order,
    OrderKey,
    OrderLine,
    Product,
    Refund,
    RefundLine,
    Topic,
)
from stockstorm.simulator.plan.items import PlannedForgery

NEVER_THERE: Final = 3_000_000  # units above the true quantity, more than any shop of a scenario has
STEP: Final = 10_007  # units between the claims of two forgeries, more than a subject holds back
INVENTED_KEY: Final = 2_000_000_000  # above the keys of all orders of a plan
INVENTED_UNITS: Final = 7
# Shopify's ids are unique over all shops, so another shop's are not those of this one.
OTHER_IDS: Final = 777_000_000_000


class ClaimWorld(Protocol):
    """What a claim needs to know of the world."""

    def level(self, inventory_item_id: int, location_id: int) -> Level | None: ...

    def newest_order(self, channel: str) -> Order | None: ...


class Claim(msgspec.Struct, frozen=True):
    """A body, and by what its effect could be recognised: a reference or a quantity, "" if by nothing."""

    body: bytes
    shows: str


def claim_of(item: PlannedForgery, world: ClaimWorld, payloads: Payloads, now_ns: int) -> Claim:
    """The claim of one forgery, dated now."""
    product = payloads.catalogue.by_sku[item.sku]
    if item.kind == "other_shop":
        product = _of_another_shop(product)
    shows = ""
    order: Order | None = None
    refund: Refund | None = None
    level = world.level(product.inventory_item_id, product.location_id)
    if item.topic == "inventory_levels/update":
        level = _level(product, level, item.serial, now_ns)
        shows = str(level.available)
    elif item.topic in APP_TOPICS:
        order = world.newest_order(ONLINE)
    elif item.topic == "products/update":
        product = msgspec.structs.replace(product, title=f"{product.title} (sold out)")
    else:
        order, refund = _order(item, world, product, now_ns)
        shows = order.ref if order.key >= INVENTED_KEY else ""
    event = Event(-1, "", item.source, item.topic, now_ns, (), order, refund, level, product)
    return Claim(payloads.body(event), shows)


def _level(product: Product, level: Level | None, serial: int, now_ns: int) -> Level:
    there = product.initial_available if level is None else level.available
    claimed = there + NEVER_THERE + serial % 10_000 * STEP
    committed = 0 if level is None else level.committed
    return Level(product.inventory_item_id, product.location_id, 0, claimed, committed, now_ns)


def _order(item: PlannedForgery, world: ClaimWorld, product: Product, now_ns: int) -> tuple[Order, Refund | None]:
    channel = ONLINE if item.source == SHOPIFY else item.source
    change = _CHANGES[item.topic]
    known = world.newest_order(channel) if change in (_cancelled, _returned) and item.kind != "other_shop" else None
    return change(known or _invented(item.serial, channel, product, now_ns), now_ns)


def _invented(serial: int, channel: str, product: Product, now_ns: int) -> Order:
    """An order that nobody placed."""
    key = OrderKey(INVENTED_KEY + serial)
    order_id = OTHER_IDS + key
    ref = str(order_id) if channel == ONLINE else f"{channel}-{key}"
    lines = (OrderLine(order_id * 32, product.sku, INVENTED_UNITS, product.price_minor),)
    return Order(key, order_id, ref, key, channel, 0, lines, now_ns, now_ns)


def _placed(order: Order, _: int) -> tuple[Order, None]:
    return order, None


def _paid(order: Order, now_ns: int) -> tuple[Order, None]:
    return msgspec.structs.replace(order, paid_ns=now_ns, updated_ns=now_ns), None


def _cancelled(order: Order, now_ns: int) -> tuple[Order, None]:
    return msgspec.structs.replace(order, cancelled_ns=now_ns, updated_ns=now_ns), None


def _returned(order: Order, now_ns: int) -> tuple[Order, Refund]:
    lines = tuple(RefundLine(line.line_id, line.sku, line.quantity) for line in order.lines)
    refund = Refund(OTHER_IDS + order.order_id, now_ns, lines, restock=True)
    return msgspec.structs.replace(order, refunds=(refund,), updated_ns=now_ns), refund


_CHANGES: Final[dict[Topic, Callable[[Order, int], tuple[Order, Refund | None]]]] = {
    "orders/create": _placed,
    "orders/paid": _paid,
    "orders/updated": _paid,
    "orders/cancelled": _cancelled,
    "refunds/create": _returned,
    "order.created": _placed,
    "order.cancelled": _cancelled,
    "order.returned": _returned,
}


def _of_another_shop(product: Product) -> Product:
    """The product of the same SKU in another shop."""
    return msgspec.structs.replace(
        product,
        product_id=OTHER_IDS + product.product_id,
        variant_id=OTHER_IDS + product.variant_id,
        inventory_item_id=OTHER_IDS + product.inventory_item_id,
        location_id=OTHER_IDS + product.location_id,
    )
