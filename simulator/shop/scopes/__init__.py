"""Which access scopes the types, fields and topics of the Admin API need, and what a set of scopes lacks.

An element is named as in `scope_map.json`: a type (`Order`), a field (`Location.name`, `Mutation.orderCreate`), or a
topic (`orders/create`). Any one scope of an element is enough. A field without a record of its own needs what the type
that it returns needs. The map is extracted from Shopify's schema by `python -m stockstorm.simulator.shop.scopes`.
"""

from collections.abc import Collection
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

# What topics begin with whose bodies hold customer data.
PROTECTED_TOPICS: Final = ("orders", "refunds", "customers", "draft_orders", "checkouts", "fulfillments")
# The element that a REST resource shares with GraphQL, for reading and for writing it.
REST_READS: Final[dict[str, str]] = {
    "inventory_items": "InventoryItem",
    "inventory_levels": "InventoryLevel",
    "locations": "Location.name",
    "orders": "Order",
    "products": "Product",
    "refunds": "Refund",
    "variants": "ProductVariant",
    "customers": "Customer",
}
REST_WRITES: Final[dict[str, str]] = {
    "inventory_items": "Mutation.inventoryItemUpdate",
    "inventory_levels": "Mutation.inventoryAdjustQuantities",
    "orders": "Mutation.orderCreate",
    "products": "Mutation.productUpdate",
    "refunds": "Mutation.orderCreate",
    "variants": "Mutation.productVariantsBulkUpdate",
}


@cache
def _needed_by_element() -> dict[str, tuple[str, ...]]:
    text = files("stockstorm.simulator.shop.scopes").joinpath("scope_map.json").read_bytes()
    groups = msgspec.json.decode(text, type=dict[str, list[str]])
    return {element: tuple(scopes.split(" ")) for scopes, elements in groups.items() for element in elements}


def needed_scopes(element: str) -> tuple[str, ...]:
    """The scopes of which the element needs one; none if anybody may use it."""
    return _needed_by_element().get(element, ())


def scope_text(scopes: Collection[str]) -> str:
    """The scopes in Shopify's words: "`read_a` access scope or `read_b` access scope."."""
    *others, last = [f"`{scope}` access scope" for scope in scopes]
    return f"{', '.join(others)} or {last}." if others else f"{last}."


def missing_scope(element: str, granted: Collection[str]) -> str:
    """Which scope the element needs that is not granted, in words. "" if it may be used.

    `granted` includes what other scopes imply, as `App.granted` does.
    """
    scopes = needed_scopes(element)
    return scope_text(scopes) if scopes and not any(scope in granted for scope in scopes) else ""


def missing_rest_scope(resource: str, method: str, granted: Collection[str]) -> str:
    """The same for a REST resource ("inventory_levels") and an HTTP method. Such a call is answered 403."""
    return missing_scope(rest_element(resource, method), granted)


def rest_element(resource: str, method: str) -> str:
    """The element of GraphQL whose scopes a REST resource needs; "" if it needs none."""
    elements = REST_READS if method == "GET" else REST_WRITES
    return elements.get(resource, "")
