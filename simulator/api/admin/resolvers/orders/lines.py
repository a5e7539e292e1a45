"""The parts of an order: lines, refunds and money. A refund can also be read by its own id."""

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.pages import Page, page_of
from stockstorm.simulator.api.admin.base.views import (
    LineView,
    Location,
    Money,
    ProductView,
    RefundLineView,
    RefundView,
    Variant,
    gid,
    number_of,
)
from stockstorm.simulator.api.admin.resolvers.orders.parcels import due_of
from stockstorm.simulator.api.admin.resolvers.orders.payments import of_refund
from stockstorm.simulator.events.encoding import amount, derived_id
from stockstorm.simulator.events.order_sums import refund_total, refunded_units, remaining_units, shipped_units
from stockstorm.simulator.events.product_payload import full_title
from stockstorm.simulator.events.refund_payload import REFUND_NOTE
from stockstorm.simulator.model import OrderLine, Refund


def refund(_source: None, arguments: Arguments, call: Call) -> RefundView | None:
    number = number_of("Refund", arguments["id"])
    found = None if number is None else call.world.refund_by_id(number)
    if found is None:
        return None
    call.rows += 1
    call.show_orders([found[0]])
    return RefundView(*found)


def _remaining(view: LineView, _arguments: Arguments, _call: Call) -> int:
    return remaining_units(view.order, view.line, {view.line.line_id: view.refunded})


def _refunded_total(view: RefundView, _arguments: Arguments, _call: Call) -> Money:
    return Money(0 if view.order.paid_ns is None else refund_total(view.order, view.refund))


def _refund_lines(view: RefundView, arguments: Arguments, _call: Call) -> Page[RefundLineView]:
    lines = [RefundLineView(view.order, view.refund, line, index) for index, line in enumerate(view.refund.lines)]
    return page_of(lines, lambda line: (line.index, line.index), arguments)


def _sold(view: RefundLineView) -> OrderLine:
    return next(line for line in view.order.lines if line.line_id == view.line.line_id)


def _refunded_line(view: RefundLineView, _arguments: Arguments, call: Call) -> LineView:
    refunded = refunded_units(view.order)
    return LineView(view.order, _sold(view), call.catalogue.by_sku[view.line.sku], refunded.get(view.line.line_id, 0))


def _restock_location(view: RefundLineView, _arguments: Arguments, call: Call) -> Location | None:
    place = view.line.location_id or call.catalogue.by_sku[view.line.sku].location_id
    return call.state.locations[place] if view.refund.restock else None


def _refund_line_gid(view: RefundLineView, _arguments: Arguments, _call: Call) -> str:
    return gid("RefundLineItem", derived_id("refund_line", view.refund.refund_id, view.line.line_id))


def _restock_type(made: Refund) -> str:
    if not made.restock:
        return "NO_RESTOCK"
    return "CANCEL" if made.cancelled else "RETURN"


def _line_status(view: LineView, _arguments: Arguments, _call: Call) -> str:
    if not shipped_units(view.order).get(view.line.line_id):
        return "unfulfilled"
    return "partial" if due_of(view.order, view.line) else "fulfilled"


LINE: dict[str, Resolver] = {
    "id": lambda view, _arguments, _call: gid("LineItem", view.line.line_id),
    "sku": lambda view, _arguments, _call: view.line.sku or None,
    "title": lambda view, _arguments, _call: view.product.title,
    "name": lambda view, _arguments, _call: full_title(view.product),
    "vendor": lambda view, _arguments, _call: view.product.vendor or None,
    "variantTitle": lambda view, _arguments, _call: view.product.variant_title,
    "variant": lambda view, _arguments, _call: Variant(view.product) if view.line.sku else None,
    "quantity": lambda view, _arguments, _call: view.line.quantity,
    "currentQuantity": _remaining,
    "refundableQuantity": _remaining,
    "unfulfilledQuantity": lambda view, _arguments, _call: due_of(view.order, view.line),
    "requiresShipping": lambda view, _arguments, _call: bool(view.line.sku),
    "taxable": lambda _view, _arguments, _call: True,
    "originalUnitPriceSet": lambda view, _arguments, _call: Money(view.line.price_minor),
    "originalTotalSet": lambda view, _arguments, _call: Money(view.line.price_minor * view.line.quantity),
    "product": lambda view, _arguments, _call: ProductView(view.product) if view.line.sku else None,
    "customAttributes": lambda _view, _arguments, _call: [],
    "discountedUnitPriceSet": lambda view, _arguments, _call: Money(view.line.price_minor),
    "discountedTotalSet": lambda view, _arguments, _call: Money(view.line.price_minor * view.line.quantity),
    "totalDiscountSet": lambda _view, _arguments, _call: Money(0),
    "fulfillableQuantity": lambda view, _arguments, _call: due_of(view.order, view.line),
    "nonFulfillableQuantity": lambda view, _arguments, _call: view.line.quantity - due_of(view.order, view.line),
    "fulfillmentStatus": _line_status,
    "isGiftCard": lambda _view, _arguments, _call: False,
    "restockable": lambda _view, _arguments, _call: True,
}
REFUND: dict[str, Resolver] = {
    "id": lambda view, _arguments, _call: gid("Refund", view.refund.refund_id),
    "legacyResourceId": lambda view, _arguments, _call: str(view.refund.refund_id),
    "createdAt": lambda view, _arguments, call: call.time_text(view.refund.at_ns),
    "updatedAt": lambda view, _arguments, call: call.time_text(view.refund.at_ns),
    "processedAt": lambda view, _arguments, call: call.time_text(view.refund.at_ns),
    "note": lambda view, _arguments, _call: REFUND_NOTE if view.refund.note is None else view.refund.note,
    "transactions": of_refund,
    "totalRefundedSet": _refunded_total,
    "refundLineItems": _refund_lines,
    "order": lambda view, _arguments, _call: view.order,
}
REFUND_LINE: dict[str, Resolver] = {
    "id": _refund_line_gid,
    "lineItem": _refunded_line,
    "quantity": lambda view, _arguments, _call: view.line.quantity,
    "restockType": lambda view, _arguments, _call: _restock_type(view.refund),
    "restocked": lambda view, _arguments, _call: view.refund.restock,
    "location": _restock_location,
    "priceSet": lambda view, _arguments, _call: Money(_sold(view).price_minor),
    "subtotalSet": lambda view, _arguments, _call: Money(_sold(view).price_minor * view.line.quantity),
}
MONEY_BAG: dict[str, Resolver] = {
    "shopMoney": lambda money, _arguments, _call: money,
    "presentmentMoney": lambda money, _arguments, _call: money,
}
MONEY: dict[str, Resolver] = {
    "amount": lambda money, _arguments, _call: amount(money.minor),
    "currencyCode": lambda _money, _arguments, call: call.world.config.shop.currency,
}
