"""Registry: method and path → what answers it. A path has `{id}` for every number. One file a resource."""

from collections.abc import Callable
from typing import Final

from stockstorm.simulator.api.rest.call import RestCall
from stockstorm.simulator.api.rest.resources import inventory, locations, metafields, orders, products, shop, webhooks

Answer = tuple[int, object]  # HTTP status, and the body before it is encoded
Handler = Callable[[RestCall], Answer]

ROUTES: Final[dict[tuple[str, str], Handler]] = {
    ("GET", "inventory_levels"): inventory.levels,
    ("POST", "inventory_levels/adjust"): inventory.adjust,
    ("POST", "inventory_levels/set"): inventory.set_level,
    ("POST", "inventory_levels/connect"): inventory.connect,
    ("DELETE", "inventory_levels"): inventory.disconnect,
    ("GET", "inventory_items"): inventory.items,
    ("GET", "inventory_items/{id}"): inventory.item,
    ("PUT", "inventory_items/{id}"): inventory.change_item,
    ("GET", "locations"): locations.locations,
    ("GET", "locations/count"): locations.count,
    ("GET", "locations/{id}"): locations.location,
    ("GET", "locations/{id}/inventory_levels"): inventory.levels_at,
    ("GET", "products"): products.products,
    ("GET", "products/count"): products.count,
    ("GET", "products/{id}"): products.product,
    ("GET", "products/{id}/variants"): products.variants_of,
    ("GET", "products/{id}/variants/count"): products.variant_count,
    ("GET", "products/{id}/variants/{id}"): products.variant,
    ("GET", "variants"): products.variants,
    ("GET", "variants/{id}"): products.variant,
    ("PUT", "variants/{id}"): products.change_variant,
    ("GET", "orders"): orders.orders,
    ("GET", "orders/count"): orders.count,
    ("GET", "orders/{id}"): orders.order,
    ("POST", "orders/{id}/cancel"): orders.cancel,
    ("GET", "orders/{id}/refunds"): orders.refunds,
    ("POST", "orders/{id}/refunds"): orders.create_refund,
    ("POST", "orders/{id}/refunds/calculate"): orders.calculate_refund,
    ("GET", "orders/{id}/refunds/{id}"): orders.refund,
    ("GET", "orders/{id}/fulfillments"): orders.fulfillments,
    ("GET", "orders/{id}/fulfillments/count"): orders.fulfillment_count,
    **{("GET", f"{owner}/{{id}}/metafields"): metafields.metafields for owner in metafields.OWNERS},
    **{("GET", f"{owner}/{{id}}/metafields/count"): metafields.count for owner in metafields.OWNERS},
    **{("GET", f"{owner}/{{id}}/metafields/{{id}}"): metafields.metafield for owner in metafields.OWNERS},
    ("GET", "webhooks"): webhooks.webhooks,
    ("GET", "webhooks/count"): webhooks.count,
    ("GET", "webhooks/{id}"): webhooks.webhook,
    ("POST", "webhooks"): webhooks.create,
    ("PUT", "webhooks/{id}"): webhooks.change,
    ("DELETE", "webhooks/{id}"): webhooks.delete,
    ("GET", "shop"): shop.shop,
    ("GET", "oauth/access_scopes"): shop.access_scopes,
}

# Roots of Shopify's REST Admin API. What is beneath one of them and not in ROUTES is real and not played.
REAL: Final = frozenset(
    {
        "abandoned_checkouts", "access_scopes", "api_permissions", "application_charges", "application_credits",
        "apps", "articles", "assigned_fulfillment_orders", "blogs", "carrier_services", "checkouts",
        "collection_listings", "collections", "collects", "comments", "content", "countries", "currencies",
        "custom_collections", "customer_saved_searches", "customers", "deprecated_api_calls", "discount_codes",
        "disputes", "draft_orders", "events", "fulfillment_orders", "fulfillment_services", "fulfillments",
        "gift_cards", "inventory_items", "inventory_levels", "locations", "marketing_events", "metafields",
        "mobile_platform_applications", "oauth", "orders", "pages", "payment_gateways", "payouts", "policies",
        "price_rules", "product_listings", "products", "provinces", "recurring_application_charges", "redirects",
        "refunds", "reports", "resource_feedback", "script_tags", "shipping_zones", "shop", "shopify_payments",
        "smart_collections", "storefront_access_tokens", "tender_transactions", "themes", "transactions", "users",
        "variants", "webhooks",
    }
)  # fmt: skip
