"""The same sweep over the REST Admin API: pages by `since_id`, levels changed one by one, webhooks by REST.

REST has no idempotency keys. So each level that was changed is crossed off and saved before the next one is.
"""

from typing import Any

from tests.strangers.sweep.calls import Shop, Site
from tests.strangers.sweep.service import serve
from tests.strangers.sweep.sweeper import Sweeper

PAGE = 250
LEVELS_PAGE = 50


class RestShop(Shop):
    def __init__(self, url: str, token: str) -> None:
        self.api = Site(url.removesuffix("/graphql.json"), {"X-Shopify-Access-Token": token})

    def variants(self) -> list[dict[str, Any]]:
        """All variants, which have one product each."""
        found: list[dict[str, Any]] = []
        since = 0
        while True:
            page = self.api.call("GET", f"/products.json?limit={PAGE}&since_id={since}&fields=id,variants")["products"]
            found += [variant for product in page for variant in product["variants"]]
            if len(page) < PAGE:
                return found
            since = page[-1]["id"]

    def stock(self) -> dict[str, int]:
        return {each["sku"]: each["inventory_quantity"] for each in self.variants()}

    def places(self) -> dict[str, tuple[str, str]]:
        items = {str(each["inventory_item_id"]): each["sku"] for each in self.variants()}
        ids, where = list(items), dict[str, tuple[str, str]]()
        for start in range(0, len(ids), LEVELS_PAGE):
            wanted = ",".join(ids[start : start + LEVELS_PAGE])
            query = f"/inventory_levels.json?limit={PAGE}&inventory_item_ids={wanted}"
            for level in self.api.call("GET", query)["inventory_levels"]:
                item = str(level["inventory_item_id"])
                where.setdefault(items[item], (item, str(level["location_id"])))
        return where

    def change(self, item: str, location: str, delta: int) -> None:
        body = {"inventory_item_id": int(item), "location_id": int(location), "available_adjustment": delta}
        self.api.call("POST", "/inventory_levels/adjust.json", body)

    def subscribe(self, topic: str, url: str) -> None:
        self.api.call("POST", "/webhooks.json", {"webhook": {"topic": topic, "address": url, "format": "json"}})


class RestSweeper(Sweeper):
    shop: RestShop

    def adjust(self, write: dict[str, Any]) -> None:
        for sku in list(write["changes"]):
            item, location = self.places[sku]
            self.shop.change(item, location, write["changes"][sku])
            del write["changes"][sku]
            self.state.save()


if __name__ == "__main__":
    serve(RestSweeper, shop=RestShop)
