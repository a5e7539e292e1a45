"""Webhook topics in their two spellings: ORDERS_CREATE in GraphQL, orders/create in headers."""

from typing import Final

# Resources whose name or whose actions have an underscore: where the slash goes cannot be told from the name.
_RESOURCES: Final = (
    "app_purchases",
    "app_subscriptions",
    "app",
    "bulk_operations",
    "carts",
    "checkouts",
    "collections",
    "customers",
    "draft_orders",
    "fulfillment_orders",
    "fulfillments",
    "inventory_items",
    "inventory_levels",
    "locations",
    "orders",
    "products",
    "refunds",
    "returns",
    "shop",
    "variants",
)


def topic_of(enum_value: str) -> str:
    """ORDERS_PARTIALLY_FULFILLED → orders/partially_fulfilled."""
    name = enum_value.lower()
    for resource in _RESOURCES:
        if name.startswith(f"{resource}_"):
            return f"{resource}/{name[len(resource) + 1 :]}"
    resource, _, action = name.rpartition("_")
    return f"{resource}/{action}"


def enum_of(topic: str) -> str:
    """orders/partially_fulfilled → ORDERS_PARTIALLY_FULFILLED."""
    return topic.replace("/", "_").upper()
