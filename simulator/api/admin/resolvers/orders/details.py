"""Fields of orders and lines that exports ask for: shipping, taxes, weights, and what webhooks have besides.

Each has the value of its field in webhooks.
"""

from typing import Final, NamedTuple

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.pages import Key, Page, page_of
from stockstorm.simulator.api.admin.base.views import LineView, Money, gid
from stockstorm.simulator.events.encoding import amount, derived_id, derived_token
from stockstorm.simulator.events.line_shape import SHIPPING_CODE, SHIPPING_SOURCE, SHIPPING_TITLE
from stockstorm.simulator.events.order_payload import status_url
from stockstorm.simulator.events.order_sums import (
    bought_total,
    current_shipping,
    current_total,
    refunded_units,
    remaining_units,
    shipping_price,
    vat,
)
from stockstorm.simulator.events.unusual import APPS
from stockstorm.simulator.model import API_CLIENT_ID, Order, Origin

VAT_RATE: Final = 0.2
APP_NAMES: Final[dict[Origin, str]] = {"web": "Online Store", "pos": "Point of Sale", "draft": "Draft Orders"}


class Tax(NamedTuple):
    """The tax that an amount includes."""

    minor: int


class Shipping(NamedTuple):
    """How an order is shipped."""

    order: Order


def _taxes_of_line(view: LineView, arguments: Arguments, _call: Call) -> list[Tax]:
    taxes = [Tax(vat(view.line.price_minor * view.line.quantity))] if view.line.sku else []
    return taxes[: arguments.get("first")]


def _shipping(row: Order) -> list[Shipping]:
    """Nothing is shipped from a till."""
    return [] if row.origin == "pos" else [Shipping(row)]


def _shipping_lines(row: Order, arguments: Arguments, _call: Call) -> Page[Shipping]:
    return page_of(_shipping(row), _shipping_key, arguments)


def _shipping_key(row: Shipping) -> Key:
    return row.order.order_id, row.order.order_id


def _weight(row: Order, _arguments: Arguments, call: Call) -> str:
    return str(sum(call.catalogue.by_sku[line.sku].grams * line.quantity for line in row.lines))


def _current_weight(row: Order, _arguments: Arguments, call: Call) -> str:
    refunded, products = refunded_units(row), call.catalogue.by_sku
    return str(sum(products[line.sku].grams * remaining_units(row, line, refunded) for line in row.lines))


def _client_ip(row: Order, _arguments: Arguments, call: Call) -> str | None:
    """Of a buyer in the web shop."""
    of_buyer = row.written is None and row.origin == "web" and row.buyer >= 0
    return call.catalogue.buyers[row.buyer].browser_ip if of_buyer else None


def _refunded_shipping(row: Order, _arguments: Arguments, _call: Call) -> Money:
    return Money(0 if row.paid_ns is None else sum(refund.shipping_minor for refund in row.refunds))


ORDER: Final[dict[str, Resolver]] = {
    "confirmationNumber": lambda row, _arguments, _call: derived_token("order", row.order_id)[:9].upper(),
    "currentTotalTaxSet": lambda row, _arguments, _call: Money(vat(current_total(row))),
    "currentTotalDiscountsSet": lambda _row, _arguments, _call: Money(0),
    "currentShippingPriceSet": lambda row, _arguments, _call: Money(current_shipping(row)),
    "totalRefundedShippingSet": _refunded_shipping,
    "totalTipReceivedSet": lambda _row, _arguments, _call: Money(0),
    "taxLines": lambda row, _arguments, _call: [Tax(vat(bought_total(row)))],
    "taxExempt": lambda _row, _arguments, _call: False,
    "estimatedTaxes": lambda _row, _arguments, _call: False,
    "dutiesIncluded": lambda _row, _arguments, _call: False,
    "discountCode": lambda _row, _arguments, _call: None,
    "discountCodes": lambda _row, _arguments, _call: [],
    "customerLocale": lambda _row, _arguments, _call: "en-GB",
    "clientIp": _client_ip,
    "totalWeight": _weight,
    "currentTotalWeight": _current_weight,
    "shippingLine": lambda row, _arguments, _call: next(iter(_shipping(row)), None),
    "shippingLines": _shipping_lines,
    "billingAddressMatchesShippingAddress": lambda row, _arguments, _call: row.buyer >= 0 or row.written is not None,
    "app": lambda row, _arguments, _call: row,
    "retailLocation": lambda _row, _arguments, _call: None,  # as the location_id of payloads
    "restockable": lambda row, _arguments, _call: row.cancelled_ns is None,
    "statusPageUrl": lambda row, _arguments, call: status_url(
        call.world.config.shop.domain, derived_token("order", row.order_id)
    ),
}
DISCOUNT: Final[dict[str, Resolver]] = {"allocatedAmountSet": lambda _row, _arguments, _call: Money(0)}
APP: Final[dict[str, Resolver]] = {
    "id": lambda row, _arguments, _call: gid("OrderApp", API_CLIENT_ID if row.written else APPS[row.origin]),
    "name": lambda row, _arguments, _call: "Stock Sync" if row.written else APP_NAMES[row.origin],
}
LINE: Final[dict[str, Resolver]] = {
    "taxLines": _taxes_of_line,
    "image": lambda _line, _arguments, _call: None,
    "discountAllocations": lambda _line, _arguments, _call: [],
}
TAX: Final[dict[str, Resolver]] = {
    "title": lambda _tax, _arguments, _call: "VAT",
    "rate": lambda _tax, _arguments, _call: VAT_RATE,
    "ratePercentage": lambda _tax, _arguments, _call: VAT_RATE * 100,
    "price": lambda tax, _arguments, _call: amount(tax.minor),
    "priceSet": lambda tax, _arguments, _call: Money(tax.minor),
    "channelLiable": lambda _tax, _arguments, _call: False,
    "source": lambda _tax, _arguments, _call: None,
}
SHIPPING: Final[dict[str, Resolver]] = {
    "id": lambda row, _arguments, _call: gid("ShippingLine", derived_id("shipping_line", row.order.order_id)),
    "title": lambda _row, _arguments, _call: SHIPPING_TITLE,
    "code": lambda _row, _arguments, _call: SHIPPING_CODE,
    "source": lambda _row, _arguments, _call: SHIPPING_SOURCE,
    "carrierIdentifier": lambda _row, _arguments, _call: None,
    "custom": lambda _row, _arguments, _call: False,
    "deliveryCategory": lambda _row, _arguments, _call: None,
    "phone": lambda _row, _arguments, _call: None,
    "isRemoved": lambda _row, _arguments, _call: False,
    "originalPriceSet": lambda row, _arguments, _call: Money(shipping_price(row.order)),
    "discountedPriceSet": lambda row, _arguments, _call: Money(shipping_price(row.order)),
    "currentDiscountedPriceSet": lambda row, _arguments, _call: Money(current_shipping(row.order)),
    "price": lambda row, _arguments, _call: amount(shipping_price(row.order)),
    "taxLines": lambda _row, _arguments, _call: [],
}
