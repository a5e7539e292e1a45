"""What unusual orders of the own store show: other origins, a line that is no product, and large attributes.

The names of the origins are Shopify's. What such orders lack is assumed from what a till and a draft cannot know.
"""

from functools import lru_cache
from typing import Final

import msgspec
from msgspec import Raw

from stockstorm.simulator.events.encoding import Money, derived_id
from stockstorm.simulator.events.line_shape import LineBody
from stockstorm.simulator.events.order_shape import OrderBody
from stockstorm.simulator.model import Order, Origin

SOURCES: Final[dict[Origin, str]] = {"web": "web", "pos": "pos", "draft": "shopify_draft_order"}
APPS: Final[dict[Origin, int]] = {"web": 580_111, "pos": 129_785, "draft": 1_354_745}
CUSTOM_TITLE: Final = "Wrapped as a gift, with a card"  # of a draft's own line, which costs nothing
PART_KB: Final = 25  # of one attribute
NO_ATTRIBUTES: Final = Raw(b"[]")


def custom_line_id(order: Order) -> int:
    """The id of the line of a draft that is no product."""
    return derived_id("custom_line", order.order_id)


@lru_cache(maxsize=8)
def attributes(kb: int) -> tuple[tuple[str, str], ...]:
    """What a buyer attached, as name and value: parts of a picture, as text."""
    sizes = [PART_KB] * (kb // PART_KB) + ([kb % PART_KB] if kb % PART_KB else [])
    return tuple((f"Picture, part {n}", "QUJD0123xyz" * (size * 1_000 // 11)) for n, size in enumerate(sizes, 1))


@lru_cache(maxsize=8)
def encoded_attributes(kb: int) -> Raw:
    """The same as `note_attributes`, encoded once, so that a large body costs little more than its bytes."""
    rows = [{"name": name, "value": value} for name, value in attributes(kb)]
    return Raw(msgspec.json.encode(rows)) if rows else NO_ATTRIBUTES


def custom_line(order: Order, money: Money) -> LineBody:
    """The line of a draft that has neither SKU, variant nor product."""
    line_id = custom_line_id(order)
    return LineBody(
        id=line_id,
        admin_graphql_api_id=f"gid://shopify/LineItem/{line_id}",
        current_quantity=0 if order.cancelled_ns is not None else 1,
        fulfillable_quantity=0,
        grams=0,
        name=CUSTOM_TITLE,
        price="0.00",
        price_set=money.in_both(0),
        product_exists=False,
        product_id=None,
        quantity=1,
        requires_shipping=False,
        sku=None,
        title=CUSTOM_TITLE,
        total_discount_set=money.in_both(0),
        variant_id=None,
        variant_inventory_management=None,
        vendor=None,
        tax_lines=(),
    )


def as_placed(body: OrderBody, order: Order, money: Money) -> OrderBody:
    """The body of an order that was not placed in the web shop, or has something attached."""
    if order.large_kb:
        body = msgspec.structs.replace(body, note_attributes=encoded_attributes(order.large_kb))
    if order.origin == "web":
        return body
    body = msgspec.structs.replace(
        body,
        app_id=APPS[order.origin],
        browser_ip=None,
        cart_token=None,
        checkout_token=None,
        client_details=Raw(b"null"),
        landing_site=None,
        referring_site=None,
        source_name=SOURCES[order.origin],
    )
    if order.origin == "pos":
        return msgspec.structs.replace(body, shipping_lines=())
    return msgspec.structs.replace(body, line_items=(*body.line_items, custom_line(order, money)))
