"""Shopify's Admin API and the marketplaces', with retries."""

import os
import random
import time
from typing import Any

import httpx

TRIES = 6
CATALOGUE = """query Catalogue($after: String) {
  inventoryItems(first: 100, after: $after) {
    nodes { id sku inventoryLevels(first: 1) { nodes { location { id } } } }
    pageInfo { hasNextPage endCursor }
  }
}"""
AVAILABLE = """query Available($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on InventoryItem { sku inventoryLevels(first: 10) { nodes { quantities(names: "available") { quantity } } } }
  }
}"""
BOOK = """mutation Book($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) { userErrors { code message } }
}"""
SUBSCRIBE = """mutation Subscribe($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri}) { userErrors { message } }
}"""


class Unavailable(Exception):
    """No usable answer now. Worth another try later."""


class Refused(Exception):
    """An answer that will not change."""


def call(http: httpx.Client, method: str, url: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer's JSON. Tries again after 429, 5xx and lost connections, with growing, scattered pauses."""
    wait_s = 0.1
    for _ in range(TRIES):
        try:
            answer = http.request(method, url, json=body)
        except httpx.TransportError:
            after_s = 0.0
        else:
            if answer.status_code < 400 and not throttled(found := answer.json() if answer.content else {}):
                return found
            if 400 <= answer.status_code < 500 and answer.status_code != 429:
                raise Refused(f"{answer.status_code} from {url}: {answer.text[:200]}")
            after_s = float(answer.headers.get("Retry-After", 0))
        time.sleep(max(wait_s * random.uniform(0.5, 1.0), after_s))
        wait_s *= 2
    raise Unavailable(url)


def throttled(answer: dict[str, Any]) -> bool:
    return any(error.get("extensions", {}).get("code") == "THROTTLED" for error in answer.get("errors", ()))


class Shop:
    def __init__(self) -> None:
        headers = {"X-Shopify-Access-Token": os.environ["SHOPIFY_ACCESS_TOKEN"]}
        self._http = httpx.Client(headers=headers, timeout=10)

    def _ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        answer = call(self._http, "POST", os.environ["SHOPIFY_GRAPHQL_URL"], {"query": query, "variables": variables})
        if "errors" in answer:
            raise Refused(str(answer["errors"]))
        return answer["data"]

    def subscribe(self, topic: str) -> None:
        """A subscription that exists already is fine."""
        self._ask(SUBSCRIBE, {"topic": topic, "uri": f"{os.environ['PUBLIC_URL']}/webhooks/shopify"})

    def catalogue(self) -> dict[str, tuple[str, str]]:
        """Item id and location id by SKU."""
        found, after, more = {}, None, True
        while more:
            page = self._ask(CATALOGUE, {"after": after})["inventoryItems"]
            for item in page["nodes"]:
                found[item["sku"]] = item["id"], item["inventoryLevels"]["nodes"][0]["location"]["id"]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        return found

    def available(self, item_ids: list[str]) -> dict[str, int]:
        """By SKU, over all locations."""
        return {
            item["sku"]: sum(level["quantities"][0]["quantity"] for level in item["inventoryLevels"]["nodes"])
            for item in self._ask(AVAILABLE, {"ids": item_ids})["nodes"]
        }

    def book(self, key: str, document: str, changes: list[dict[str, Any]]) -> None:
        """The same key twice changes the stock once, so a call whose answer was lost can be repeated."""
        entry = {"name": "available", "reason": "correction", "referenceDocumentUri": document, "changes": changes}
        errors = self._ask(BOOK, {"input": entry, "key": key})["inventoryAdjustQuantities"]["userErrors"]
        if any(error["code"] == "IDEMPOTENCY_CONCURRENT_REQUEST" for error in errors):
            raise Unavailable("the first try of this call is still under way")
        if errors:
            raise Refused(str(errors))


class Marketplace:
    def __init__(self, name: str) -> None:
        headers = {"Authorization": f"Bearer {os.environ['MARKETPLACE_TOKEN']}"}
        self._http = httpx.Client(headers=headers, timeout=10)
        self._url = f"{os.environ['MARKETPLACES_URL']}/{name}/v1"

    def subscribe(self) -> None:
        call(
            self._http,
            "PUT",
            f"{self._url}/notifications",
            {"url": f"{os.environ['PUBLIC_URL']}/webhooks/marketplaces"},
        )

    def show(self, stock: dict[str, int]) -> set[str]:
        """Sets what it sells. The SKUs that it did not take this time."""
        rows = [{"sku": sku, "quantity": max(0, quantity)} for sku, quantity in stock.items()]
        return {row["sku"] for row in call(self._http, "PUT", f"{self._url}/listings", {"listings": rows})["rejected"]}
