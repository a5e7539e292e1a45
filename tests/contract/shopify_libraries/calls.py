"""Ordinary calls through `ShopifyAPI`. Prints what came back, as JSON.

Run as `python calls.py PORT TOKEN`: unmodified but for the address. PORT 0: over HTTPS, as the environment leads it.
"""

import json
import sys

import shopify

HOST, _, DOMAIN = "127.0.0.1".partition(".")  # the library joins shop and domain by a dot
ADDRESS = "http://127.0.0.1:8080/webhooks"


def main(port: str, token: str) -> dict[str, object]:
    shop = "stockstorm-demo.myshopify.com"
    if port != "0":
        shopify.Session.setup(protocol="http", myshopify_domain=DOMAIN, port=port)
        shop = f"{HOST}.{DOMAIN}"
    shopify.ShopifyResource.activate_session(shopify.Session(shop, "2026-04", token))
    pages = [shopify.Order.find(limit=3, status="any")]
    while pages[-1].has_next_page():
        pages.append(pages[-1].next_page())
    product = shopify.Product.find()[0]
    variant = product.variants[0]
    item, location = variant.inventory_item_id, shopify.Location.find()
    (level,) = shopify.InventoryLevel.find(inventory_item_ids=item, limit=1)
    adjusted = shopify.InventoryLevel.adjust(level.location_id, item, -2)
    written = shopify.InventoryLevel.set(level.location_id, item, 5)
    hook = shopify.Webhook.create({"topic": "orders/create", "address": ADDRESS, "format": "json"})
    again = shopify.Webhook.create({"topic": "orders/create", "address": ADDRESS, "format": "json"})
    listed = [each.topic for each in shopify.Webhook.find()]
    hook.destroy()
    graphql = json.loads(shopify.GraphQL().execute("{ shop { myshopifyDomain } }"))
    return {
        "pages": [[order.order_number for order in page] for page in pages],
        "count": shopify.Order.count(status="any"),
        "sku": variant.sku,
        "locations": len(location),
        "levels": [level.available, adjusted.available, written.available],
        "topics": listed,
        "refused": again.errors.full_messages(),
        "left": shopify.Webhook.count(),
        "scopes": [scope.handle for scope in shopify.AccessScope.find()],
        "graphql": "data" in graphql,
    }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
