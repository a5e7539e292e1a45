"""Calls to the shop's Admin API and to the marketplaces, with retries."""

import random
import time
from typing import Any

import httpx

from tests.strangers.stockroom.settings import Settings

TRIES = 5
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
TIMEOUT_S = 10.0

CATALOGUE = """query($after: String) {
  inventoryItems(first: 200, after: $after) {
    nodes { id sku inventoryLevels(first: 10) { nodes { location { id } } } }
    pageInfo { hasNextPage endCursor }
  }
}"""
LEVELS = """query($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on InventoryItem { sku inventoryLevels(first: 10) { nodes { quantities(names: ["available"]) { quantity } } } }
  }
}"""
ADJUST = """mutation($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id }
    userErrors { field message code }
  }
}"""
SUBSCRIBE = """mutation($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri}) { userErrors { message } }
}"""


class Unavailable(Exception):
    """No usable answer after all tries."""


class Refused(Exception):
    """The other side understood the call and will not do it."""


class Clients:
    """One connection to the shop and one to each marketplace. For one thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._http = httpx.Client(timeout=TIMEOUT_S)
        self._later_s = 0.0  # what the last answer asked for

    def items(self) -> list[tuple[str, str, str]]:
        """Every (SKU, item id, location id) of the shop. Of an item at several locations, the first one."""
        found: list[tuple[str, str, str]] = []
        after, more = None, True
        while more:
            page = self.graphql(CATALOGUE, {"after": after})["inventoryItems"]
            for node in page["nodes"]:
                first = node["inventoryLevels"]["nodes"][0]
                found.append((node["sku"], node["id"], first["location"]["id"]))
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        return found

    def levels(self, item_ids: list[str]) -> dict[str, int]:
        """What is available now, by SKU."""
        nodes = self.graphql(LEVELS, {"ids": item_ids})["nodes"]
        return {
            node["sku"]: sum(level["quantities"][0]["quantity"] for level in node["inventoryLevels"]["nodes"])
            for node in nodes
            if node is not None
        }

    def adjust(self, key: str, document: str, changes: list[dict[str, Any]]) -> None:
        """Refused: the shop said why not, and nothing was changed."""
        adjustment = {
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": document,
            "changes": changes,
        }
        errors = self.graphql(ADJUST, {"input": adjustment, "key": key})["inventoryAdjustQuantities"]["userErrors"]
        if any(error["code"] == "IDEMPOTENCY_CONCURRENT_REQUEST" for error in errors):
            raise Unavailable("an earlier try of this write is still under way")
        if errors:
            raise Refused(str(errors))

    def subscribe(self, topic: str) -> None:
        """One that exists already is fine."""
        self.graphql(SUBSCRIBE, {"topic": topic.upper().replace("/", "_"), "uri": self._settings.webhook_url})

    def be_notified(self, channel: str) -> None:
        self._channel("PUT", channel, "notifications", {"url": self._settings.webhook_url})

    def list_stock(self, channel: str, stock: dict[str, int]) -> set[str]:
        """Sets what the channel shows. The SKUs that it took; those that it rejected are worth another try."""
        rows = [{"sku": sku, "quantity": quantity} for sku, quantity in stock.items()]
        answer = self._channel("PUT", channel, "listings", {"listings": rows})
        return set(stock) - {row["sku"] for row in answer["rejected"]}

    def graphql(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The answer's data. A throttled call is tried again like one that failed."""
        headers = {"X-Shopify-Access-Token": self._settings.admin_token}
        for pause_s in pauses():
            answer = self._send("POST", self._settings.graphql_url, headers, {"query": query, "variables": variables})
            if answer is not None:
                document: dict[str, Any] = answer.json()
                codes = [error.get("extensions", {}).get("code") for error in document.get("errors", ())]
                if not codes:
                    data: dict[str, Any] = document["data"]
                    return data
                if "THROTTLED" not in codes:
                    raise Refused(str(document["errors"]))
            self._wait(pause_s)
        raise Unavailable(self._settings.graphql_url)

    def _channel(self, method: str, channel: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        url = f"{self._settings.channel_url.format(channel=channel)}/{path}"
        headers = {"Authorization": f"Bearer {self._settings.channel_token}"}
        for pause_s in pauses():
            answer = self._send(method, url, headers, body)
            if answer is not None:
                document: dict[str, Any] = answer.json() if answer.content else {}
                return document
            self._wait(pause_s)
        raise Unavailable(url)

    def _wait(self, pause_s: float) -> None:
        time.sleep(max(pause_s, min(self._later_s, LONGEST_PAUSE_S)))

    def _send(self, method: str, url: str, headers: dict[str, str], body: dict[str, Any]) -> httpx.Response | None:
        """The answer; None when it is worth another try. Refused: it is not."""
        self._later_s = 0.0
        try:
            answer = self._http.request(method, url, headers=headers, json=body)
        except httpx.HTTPError:
            return None
        if answer.status_code == 429 or answer.status_code >= 500:
            self._later_s = float(answer.headers.get("Retry-After", 0))
            return None
        if answer.is_error:
            raise Refused(f"{answer.status_code} from {url}: {answer.text[:200]}")
        return answer


def pauses() -> list[float]:
    """Growing and scattered, in seconds."""
    return [min(FIRST_PAUSE_S * 2**n, LONGEST_PAUSE_S) * random.uniform(0.5, 1.0) for n in range(TRIES)]
