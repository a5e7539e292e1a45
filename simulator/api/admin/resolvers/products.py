"""Reading a product, and a refund by its own id: what is asked for when a webhook was too large for its bus."""

from typing import Any

from stockstorm.simulator.api.admin.base.call import Call, Resolver
from stockstorm.simulator.api.admin.base.text import gid, number_of
from stockstorm.simulator.api.admin.base.views import ProductView, RefundView

Arguments = dict[str, Any]


def product(_source: None, arguments: Arguments, call: Call) -> ProductView | None:
    number = number_of("Product", arguments["id"])
    found = next((each for each in call.catalogue.products if each.product_id == number), None)
    if found is None:
        return None
    call.rows += 1
    return ProductView(found)


def refund(_source: None, arguments: Arguments, call: Call) -> RefundView | None:
    number = number_of("Refund", arguments["id"])
    views = (RefundView(order, each) for order in call.world.orders() for each in order.refunds)
    found = next((view for view in views if view.refund.refund_id == number), None)
    if found is not None:
        call.rows += 1
        call.show_orders([found.order])
    return found


def _updated(view: ProductView, _arguments: Arguments, call: Call) -> str:
    edited_ns = call.world.product_edited_ns(view.product.product_id)
    return call.time_text(call.wall.monotonic_ns if edited_ns is None else edited_ns)


PRODUCT: dict[str, Resolver] = {
    "id": lambda view, _arguments, _call: gid("Product", view.product.product_id),
    "legacyResourceId": lambda view, _arguments, _call: str(view.product.product_id),
    "title": lambda view, _arguments, _call: view.product.title,
    "handle": lambda view, _arguments, _call: view.product.handle,
    "vendor": lambda view, _arguments, _call: view.product.vendor,
    "productType": lambda view, _arguments, _call: view.product.product_type,
    "status": lambda _view, _arguments, _call: "ACTIVE",
    "createdAt": lambda _view, _arguments, call: call.time_text(call.wall.monotonic_ns),
    "updatedAt": _updated,
}
