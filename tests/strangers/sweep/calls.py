"""The calls of the sweep: the feeds of the marketplaces, the shop's levels, and the writes. Standard library only."""

import http.client
import json
import os
import random
import time
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

TRIES = 5
FIRST_PAUSE_S, LONGEST_PAUSE_S, TIMEOUT_S = 0.12, 5.0, 10.0
ASKS_EVERY_S = 1.0  # for a token
ROWS_MAX = PAGE = 250
TOKEN, ACCESS = "X-Shopify-Access-Token", "access_token"

STOCK = """query Stock($after: String) {
  productVariants(first: 250, after: $after) {
    nodes { sku inventoryQuantity inventoryItem { id } }
    pageInfo { hasNextPage endCursor }
  }
}"""
WHERE = """query Where($after: String) {
  inventoryItems(first: 100, after: $after) {
    nodes { id inventoryLevels(first: 1) { nodes { location { id } } } }
    pageInfo { hasNextPage endCursor }
  }
}"""
ADJUST = """mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) { userErrors { field message code } }
}"""
SUBSCRIBE = """mutation Subscribe($topic: WebhookSubscriptionTopic!, $to: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $to) { userErrors { message } }
}"""


class NoAnswer(Exception):
    """Nobody answered, or only to say "later"."""


class Rejected(Exception):
    """The call is wrong, and will be wrong again."""


class Stale(Rejected):
    """The token of the call is not valid, or no longer."""


class Site:
    """One host that is called; reuses its connection, tries again with growing pauses."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        self._root = parts.path
        self.headers = {"Content-Type": "application/json", **headers}
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)

    def call(self, method: str, path: str = "", body: Any = None) -> Any:
        """The answer as JSON. NoAnswer after the last try; Rejected for a 4xx."""
        for number in range(TRIES):
            status, text, later_s = self._once(method, path, None if body is None else json.dumps(body))
            if 200 <= status < 300:
                answer = json.loads(text) if text else {}
                if not throttled(answer):
                    return answer
            elif status == 401:
                raise Stale(f"{status} from {path}")
            elif status and status != 429 and status < 500:
                raise Rejected(f"{status} from {path}: {text[:200]!r}")
            time.sleep(min(max(later_s, FIRST_PAUSE_S * 2**number * random.uniform(0.6, 1.0)), LONGEST_PAUSE_S))
        raise NoAnswer(self._root + path)

    def _once(self, method: str, path: str, body: str | None) -> tuple[int, bytes, float]:
        """Status, body and Retry-After; status 0 when the connection failed."""
        try:
            self._connection.request(method, self._root + path, body, self.headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read(), float(answer.headers.get("Retry-After", 0))
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0, b"", 0.0


def throttled(answer: Any) -> bool:
    """Whether the shop said that too much was asked of it."""
    errors = answer.get("errors") or () if isinstance(answer, dict) else ()
    return any(error.get("extensions", {}).get("code") == "THROTTLED" for error in errors)


class Shop:
    """The Admin API. `renewed` tells that there is a new token, so that the app was installed again."""

    renewed = False

    def __init__(self, url: str, token: str) -> None:
        self._site = Site(url, {TOKEN: token})

    def renew(self) -> None:
        """Asks for a token once. It is refused while the app is not installed."""
        wanted = {"client_id": os.environ["CLIENT_ID"], "client_secret": os.environ["CLIENT_SECRET"]}
        try:
            site = Site(os.environ["TOKEN_URL"], {})
            self._site.headers[TOKEN] = site.call("POST", "", {**wanted, "grant_type": "client_credentials"})[ACCESS]
        except Rejected:
            time.sleep(ASKS_EVERY_S)
        else:
            self.renewed = True

    def ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = self._site.call("POST", "", {"query": query, "variables": variables})
        except Stale:
            if "TOKEN_URL" not in os.environ:
                raise
            self.renew()
            raise NoAnswer("the token was not valid") from None
        if answer.get("errors"):
            raise Rejected(json.dumps(answer["errors"])[:500])
        data: dict[str, Any] = answer["data"]
        return data

    def pages(self, query: str, field: str) -> list[dict[str, Any]]:
        """The nodes of all pages."""
        nodes: list[dict[str, Any]] = []
        after = None
        while True:
            page = self.ask(query, {"after": after})[field]
            nodes += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return nodes
            after = page["pageInfo"]["endCursor"]

    def stock(self) -> dict[str, int]:
        """What is available now, of every SKU."""
        return {node["sku"]: node["inventoryQuantity"] for node in self.sold_by_sku()}

    def sold_by_sku(self) -> list[dict[str, Any]]:
        """The variants that have a SKU which no other one has."""
        nodes = self.pages(STOCK, "productVariants")
        times = Counter(node["sku"] for node in nodes)
        return [node for node in nodes if node["sku"] and times[node["sku"]] == 1]

    def places(self) -> dict[str, tuple[str, str]]:
        """Item and location of every SKU."""
        where = {node["id"]: node["inventoryLevels"]["nodes"] for node in self.pages(WHERE, "inventoryItems")}
        items = {node["sku"]: node["inventoryItem"]["id"] for node in self.sold_by_sku()}
        return {sku: (item, where[item][0]["location"]["id"]) for sku, item in items.items() if where.get(item)}

    def adjust(self, key: str, changes: list[dict[str, Any]]) -> None:
        """Rejected: nothing was changed."""
        adjustment = {"name": "available", "reason": "correction", "changes": changes}
        done = self.ask(ADJUST, {"input": adjustment, "key": key})["inventoryAdjustQuantities"]
        if any(error["code"] == "IDEMPOTENCY_CONCURRENT_REQUEST" for error in done["userErrors"]):
            raise NoAnswer("an earlier try of this write is still under way")
        if done["userErrors"]:
            raise Rejected(json.dumps(done["userErrors"])[:500])

    def subscribe(self, topic: str, url: str) -> None:
        self.ask(SUBSCRIBE, {"topic": topic.upper().replace("/", "_"), "to": {"uri": url}})


class Marketplace:
    """One marketplace's API."""

    def __init__(self, url: str, token: str) -> None:
        self._site = Site(url, {"Authorization": f"Bearer {token}"})

    def notify(self, url: str) -> None:
        self._site.call("PUT", "/notifications", {"url": url})

    def news(self, cursor: str) -> tuple[list[dict[str, Any]], str]:
        """What happened to its orders since, and where to go on."""
        page = self._site.call("GET", f"/orders?limit={PAGE}&since={cursor}")
        return page["orders"], page["next_cursor"]

    def show(self, stock: dict[str, int]) -> set[str]:
        """Sets listings. The SKUs that were rejected, which are worth another try."""
        rows = [{"sku": sku, "quantity": max(0, quantity)} for sku, quantity in stock.items()]
        rejected: set[str] = set()
        for start in range(0, len(rows), ROWS_MAX):
            answer = self._site.call("PUT", "/listings", {"listings": rows[start : start + ROWS_MAX]})
            rejected.update(row["sku"] for row in answer["rejected"])
        return rejected
