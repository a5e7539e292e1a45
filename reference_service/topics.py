"""Which topics the service knows, and the lane of the queue that works on each."""

from enum import IntEnum


class Lane(IntEnum):
    """Kinds of work that do not wait for each other. IGNORED ones are recorded and never queued."""

    IGNORED = 0
    STOCK = 1
    CHANNEL = 2
    SHOP = 3


SHOPIFY_TOPICS: dict[str, Lane] = {
    "inventory_levels/update": Lane.STOCK,
    "orders/create": Lane.SHOP,
    "orders/paid": Lane.SHOP,
    "orders/updated": Lane.SHOP,
    "orders/cancelled": Lane.SHOP,
    "refunds/create": Lane.SHOP,
    "products/update": Lane.SHOP,
}
CHANNEL_TOPICS: dict[str, Lane] = {
    "order.created": Lane.CHANNEL,
    "order.cancelled": Lane.CHANNEL,
    "order.returned": Lane.CHANNEL,
}
SHOPIFY = "shopify"  # the source of the shop's own webhooks; every other source is a channel


def enum_of(topic: str) -> str:
    """`orders/create` as GraphQL's WebhookSubscriptionTopic spells it: `ORDERS_CREATE`."""
    return topic.replace("/", "_").upper()
