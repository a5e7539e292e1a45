"""A small shop with two marketplaces on one HTTP server, for tests of the reference service."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

LOCATION = 7001
CHANNELS = ("bazaar", "mercado")
LAST_PAGE = {"hasNextPage": False, "endCursor": None}


class FakeCommerce:
    """A shop's stock and the listings of two marketplaces, with an idempotent adjust and switches for failures."""

    def __init__(self, items: int) -> None:
        self.lock = threading.RLock()
        self.stock = {9_100_000 + n: 100 for n in range(items)}
        self.listings: dict[str, dict[str, int]] = {channel: {} for channel in CHANNELS}
        self.feeds: dict[str, list[Any]] = {channel: [] for channel in CHANNELS}
        self.pushed: list[list[str]] = []  # the SKUs of each push
        self.shop_orders: list[dict[str, Any]] = []
        self.topics: list[str] = []
        self.notified: dict[str, str] = {}  # channel -> registered URL
        self.adjustments: dict[str, dict[str, Any]] = {}  # by idempotency key, executed once each
        self.earlier = 0  # adjustments of earlier tests, which `tokens` leaves out
        self.calls: list[str] = []
        self.hangs = threading.Event()  # while set, an adjust is executed and not answered
        self.fails_adjust = 0  # this many adjusts are executed and answered 503
        self.fails_push = 0  # this many pushes are refused

    @staticmethod
    def sku(item: int) -> str:
        return f"SKU-{item - 9_100_000:04d}"

    def item(self, sku: str) -> int:
        return 9_100_000 + int(sku.removeprefix("SKU-"))

    def begin_test(self) -> None:
        """For a shop that several tests share: no failures, and no tokens yet."""
        self.earlier = len(self.adjustments)
        self.fails_adjust = self.fails_push = 0

    def tokens(self) -> list[str]:
        """All tokens of all adjustments that were executed in this test."""
        references = [a["referenceDocumentUri"] for a in [*self.adjustments.values()][self.earlier :]]
        return [token for text in references for token in text.removeprefix("urn:channel-orders:").split(",")]

    def graphql(self, operation: str, variables: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(operation)
        match operation:
            case "Subscriptions":
                nodes = [
                    {"id": f"gid://shopify/WebhookSubscription/{n}", **s} for n, s in enumerate(self._subscribed())
                ]
                return {"webhookSubscriptions": {"nodes": nodes, "pageInfo": LAST_PAGE}}
            case "Subscribe":
                self.topics.append(variables["topic"])
                self.uri = variables["uri"]
                created = {"id": f"gid://shopify/WebhookSubscription/{len(self.topics)}"}
                return {"webhookSubscriptionCreate": {"webhookSubscription": created, "userErrors": []}}
            case "Adjust":
                return self._adjust(variables)
            case _:
                return self._read(operation, variables)

    def _read(self, operation: str, variables: dict[str, Any]) -> dict[str, Any]:
        match operation:
            case "Items":
                nodes = [{"id": f"gid://shopify/InventoryItem/{item}", "sku": self.sku(item)} for item in self.stock]
                for node, item in zip(nodes, self.stock, strict=True):
                    node["inventoryLevels"] = {"nodes": [self._level(item)]}  # type: ignore[assignment]  # a JSON tree
                return {"inventoryItems": {"nodes": nodes, "pageInfo": LAST_PAGE}}
            case "Levels":
                items = [int(gid.rpartition("=")[2]) for gid in variables["ids"]]
                return {"nodes": [self._level(item) for item in items]}
            case "Locations":
                return {"locations": {"nodes": [{"id": f"gid://shopify/Location/{LOCATION}"}], "pageInfo": LAST_PAGE}}
            case "ChangedLevels":
                assert variables["query"].startswith("updated_at:>='2")
                levels = {"nodes": [self._level(item) for item in self.stock], "pageInfo": LAST_PAGE}
                return {"location": {"inventoryLevels": levels}}
            case "WholeOrder":
                return {"node": next((order for order in self.shop_orders if order["id"] == variables["id"]), None)}
            case "ShopOrders":
                return {"orders": {"nodes": self.shop_orders, "pageInfo": LAST_PAGE}}
        raise AssertionError(operation)

    def _subscribed(self) -> list[dict[str, str]]:
        return [{"topic": topic, "uri": self.uri} for topic in self.topics]

    def _quantities(self, item: int) -> list[dict[str, Any]]:
        return [{"name": "available", "quantity": self.stock[item]}]

    def _level(self, item: int) -> dict[str, Any]:
        return {
            "id": f"gid://shopify/InventoryLevel/{item + 5}?inventory_item_id={item}",
            "item": {"id": f"gid://shopify/InventoryItem/{item}", "sku": self.sku(item)},
            "location": {"id": f"gid://shopify/Location/{LOCATION}"},
            "quantities": self._quantities(item),
        }

    def _adjust(self, variables: dict[str, Any]) -> dict[str, Any]:
        adjustment, key = variables["input"], variables["key"]
        if key not in self.adjustments:
            self.adjustments[key] = adjustment
            for change in adjustment["changes"]:
                assert change["changeFromQuantity"] is None
                self.stock[int(change["inventoryItemId"].rpartition("/")[2])] += change["delta"]
        changes = []
        for change in self.adjustments[key]["changes"]:
            item = int(change["inventoryItemId"].rpartition("/")[2])
            level = {"quantities": self._quantities(item)}
            for name in ("available", "on_hand"):
                answered = {"name": name, "item": {"id": change["inventoryItemId"], "at0": level}}
                changes.append({**answered, "location": {"id": change["locationId"]}})
        return {"inventoryAdjustQuantities": {"inventoryAdjustmentGroup": {"changes": changes}, "userErrors": []}}


class Handler(BaseHTTPRequestHandler):
    """Serves a FakeCommerce. A subclass sets `commerce`."""

    protocol_version = "HTTP/1.1"
    commerce: FakeCommerce

    def do_POST(self) -> None:
        request = json.loads(self._body())
        operation = request["operationName"]
        with self.commerce.lock:
            data = self.commerce.graphql(operation, request["variables"])
            fails = operation == "Adjust" and self.commerce.fails_adjust > 0
            self.commerce.fails_adjust -= fails
        while operation == "Adjust" and self.commerce.hangs.is_set():
            time.sleep(0.02)
        status = {"maximumAvailable": 20000, "currentlyAvailable": 19000, "restoreRate": 1000}
        cost = {"requestedQueryCost": 13, "actualQueryCost": 13, "throttleStatus": status}
        self._answer(503 if fails else 200, {"data": data, "extensions": {"cost": cost}})

    def do_GET(self) -> None:
        channel, _, what = self.path.removeprefix("/marketplaces/").partition("?")[0].split("/")
        if what == "listings":
            with self.commerce.lock:
                listed = sorted(self.commerce.listings[channel].items())
            rows = [{"sku": sku, "quantity": quantity} for sku, quantity in listed]
            return self._answer(200, {"listings": rows, "next": None})
        since, limit = (int(value[0]) for value in parse_qs(urlsplit(self.path).query).values())
        with self.commerce.lock:
            page = self.commerce.feeds[channel][since : since + limit]
        return self._answer(200, {"orders": page, "next_cursor": str(since + len(page))})

    def do_PUT(self) -> None:
        body = json.loads(self._body())
        channel, _, what = self.path.removeprefix("/marketplaces/").split("/")
        with self.commerce.lock:
            if what == "notifications":
                self.commerce.notified[channel] = body["url"]
                return self._answer(200, {})
            if self.commerce.fails_push > 0:
                self.commerce.fails_push -= 1
                return self._answer(500, {})
            assert len(body["listings"]) <= 500
            self.commerce.pushed.append([row["sku"] for row in body["listings"]])
            self.commerce.listings[channel] |= {row["sku"]: row["quantity"] for row in body["listings"]}
        return self._answer(200, {"accepted": len(body["listings"]), "rejected": []})

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _answer(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the service was killed while it waited

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Logs nothing."""
