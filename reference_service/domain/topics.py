"""The topics that the service handles, and the type of work of each."""

from enum import IntEnum


class WorkType(IntEnum):
    """Types of work that never wait for each other. Webhooks of type IGNORED are recorded but not queued."""

    IGNORED = 0
    STOCK = 1
    CHANNEL = 2
    SHOP = 3


ORDER_CREATED = "order.created"
ORDER_CANCELLED = "order.cancelled"
ORDER_RETURNED = "order.returned"

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
    ORDER_CREATED: WorkType.CHANNEL,
    ORDER_CANCELLED: WorkType.CHANNEL,
    ORDER_RETURNED: WorkType.CHANNEL,
}
CUSTOMER_REDACT = "customers/redact"
SHOP_REDACT = "shop/redact"
# Declared in the app's file, because the API does not know them.
PRIVACY_TOPICS: dict[str, WorkType] = dict.fromkeys(
    ("customers/data_request", CUSTOMER_REDACT, SHOP_REDACT), WorkType.SHOP
)
SHOPIFY = "shopify"  # the source of the shop's webhooks; every other source is a channel


def enum_of(topic: str) -> str:
    """The topic as a value of GraphQL's WebhookSubscriptionTopic: `ORDERS_CREATE` for `orders/create`."""
    return topic.replace("/", "_").upper()
