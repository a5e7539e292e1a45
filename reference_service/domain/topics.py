"""Which topics the service knows, and the work_type of the queue that works on each."""

from enum import IntEnum


class WorkType(IntEnum):
    """Kinds of work that do not wait for each other. IGNORED ones are recorded and never queued."""

    IGNORED = 0
    STOCK = 1
    CHANNEL = 2
    SHOP = 3


SHOPIFY_TOPICS: dict[str, WorkType] = {
    "inventory_levels/update": WorkType.STOCK,
    "orders/create": WorkType.SHOP,
    "orders/paid": WorkType.SHOP,
    "orders/updated": WorkType.SHOP,
    "orders/cancelled": WorkType.SHOP,
    "refunds/create": WorkType.SHOP,
    "products/update": WorkType.SHOP,
}
CHANNEL_TOPICS: dict[str, WorkType] = {
    "order.created": WorkType.CHANNEL,
    "order.cancelled": WorkType.CHANNEL,
    "order.returned": WorkType.CHANNEL,
}
SHOPIFY = "shopify"  # the source of the shop's own webhooks; every other source is a channel


def enum_of(topic: str) -> str:
    """`orders/create` as GraphQL's WebhookSubscriptionTopic spells it: `ORDERS_CREATE`."""
    return topic.replace("/", "_").upper()
