"""Metafields of products, variants and orders. They can be read only."""

from collections.abc import Callable

from stockstorm.simulator.api.rest.call import RestCall
from stockstorm.simulator.api.rest.pages import SortedRows, page, take_page_info
from stockstorm.simulator.api.rest.resources.bodies import chosen, chosen_each
from stockstorm.simulator.events.metafields import (
    Metafield,
    metafield_body,
    order_metafields,
    product_metafields,
    variant_metafields,
)
from stockstorm.simulator.events.product_payload import LISTED_SINCE

Owned = Callable[[RestCall], tuple[list[Metafield], str]]  # what an owner has, and since when
Answer = tuple[int, object]


def _of_product(call: RestCall) -> tuple[list[Metafield], str]:
    return product_metafields(call.found("Product", call.ids[0], call.index.by_product.get(call.ids[0]))), LISTED_SINCE


def _of_variant(call: RestCall) -> tuple[list[Metafield], str]:
    found = call.found("ProductVariant", call.ids[0], call.index.by_variant.get(call.ids[0]))
    return variant_metafields(found), LISTED_SINCE


def _of_order(call: RestCall) -> tuple[list[Metafield], str]:
    order = call.found("Order", call.ids[0], call.world.order_by_id(call.ids[0]))
    return order_metafields(order.order_id), call.payloads.times.shop(order.created_ns)


OWNERS: dict[str, Owned] = {"products": _of_product, "variants": _of_variant, "orders": _of_order}


def metafields(call: RestCall) -> Answer:
    cursor = take_page_info(call)
    found, since = _owned(call)
    rows = page(call, cursor, SortedRows(sorted(found, key=_key), _key), _key)
    return 200, {"metafields": chosen_each(call, [metafield_body(each, since) for each in rows])}


def count(call: RestCall) -> Answer:
    return 200, {"count": len(_owned(call)[0])}


def metafield(call: RestCall) -> Answer:
    found, since = _owned(call)
    number = call.ids[1]
    one = call.found("Metafield", number, next((each for each in found if each.metafield_id == number), None))
    call.rows += 1
    return 200, {"metafield": chosen(call, metafield_body(one, since))}


def _owned(call: RestCall) -> tuple[list[Metafield], str]:
    """The owner's metafields that fit the filters."""
    call.without("created_at_min", "created_at_max", "updated_at_min", "updated_at_max", "type", "since_id")
    found, since = OWNERS[call.template.split("/")[0]](call)
    for name in ("namespace", "key"):
        if wanted := call.text(name):
            found = [each for each in found if getattr(each, name) == wanted]
    return found, since


def _key(each: Metafield) -> tuple[int, int]:
    return each.metafield_id, each.metafield_id
