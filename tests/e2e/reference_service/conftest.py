"""A tiny shop with marketplaces, a real PostgreSQL and the service as real processes."""

import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadtests.backing.embedded import EmbeddedPostgres
from loadtests.backing.server import create_database, with_database

ROOT = Path(__file__).resolve().parents[3]
LOCATION = 7001
SECRET = "shop-secret"
CHANNEL_SECRET = "channel-secret"
CHANNELS = ("bazaar", "mercado")


class FakeCommerce:
    """A shop's stock and two marketplaces' listings, with an idempotent adjust and switches for failures."""

    def __init__(self, items: int) -> None:
        self.lock = threading.RLock()
        self.stock = {9_100_000 + n: 100 for n in range(items)}
        self.listings: dict[str, dict[str, int]] = {channel: {} for channel in CHANNELS}
        self.topics: list[str] = []
        self.notified: dict[str, str] = {}
        self.adjustments: dict[str, dict[str, Any]] = {}  # by idempotency key, executed once each
        self.calls: list[str] = []
        self.hangs = threading.Event()  # the adjust is executed and its answer withheld
        self.fails_adjust = 0  # answers 503 so often, after executing
        self.fails_push = 0

    @staticmethod
    def sku(item: int) -> str:
        return f"SKU-{item - 9_100_000:04d}"

    def item(self, sku: str) -> int:
        return 9_100_000 + int(sku.removeprefix("SKU-"))

    def tokens(self) -> list[str]:
        """Every token of every executed adjustment."""
        references = [a["referenceDocumentUri"] for a in self.adjustments.values()]
        return [token for text in references for token in text.removeprefix("urn:channel-orders:").split(",")]

    def graphql(self, operation: str, variables: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(operation)
        match operation:
            case "Subscriptions":
                nodes = [
                    {"id": f"gid://shopify/WebhookSubscription/{n}", **s} for n, s in enumerate(self._subscribed())
                ]
                return {"webhookSubscriptions": {"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": None}}}
            case "Subscribe":
                self.topics.append(variables["topic"])
                self.uri = variables["uri"]
                created = {"id": f"gid://shopify/WebhookSubscription/{len(self.topics)}"}
                return {"webhookSubscriptionCreate": {"webhookSubscription": created, "userErrors": []}}
            case "Items":
                nodes = [{"id": f"gid://shopify/InventoryItem/{item}", "sku": self.sku(item)} for item in self.stock]
                for node, item in zip(nodes, self.stock, strict=True):
                    node["inventoryLevels"] = {"nodes": [self._level(item)]}  # type: ignore[assignment]  # a JSON tree
                return {"inventoryItems": {"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": None}}}
            case "Levels":
                items = [int(gid.rpartition("=")[2]) for gid in variables["ids"]]
                return {"nodes": [self._level(item) for item in items]}
            case "Adjust":
                return self._adjust(variables)
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
                told = {"name": name, "item": {"id": change["inventoryItemId"], "at0": level}}
                changes.append({**told, "location": {"id": change["locationId"]}})
        return {"inventoryAdjustQuantities": {"inventoryAdjustmentGroup": {"changes": changes}, "userErrors": []}}


class Handler(BaseHTTPRequestHandler):
    """Serves a FakeCommerce; `commerce` is set on a subclass."""

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

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Says nothing."""


class Service:
    """The service's two processes and what a shop and its marketplaces send to them."""

    def __init__(self, environment: dict[str, str], folder: Path, commerce: FakeCommerce) -> None:
        self.environment = environment
        self.folder = folder
        self.commerce = commerce
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.url = environment["REFERENCE_PUBLIC_URL"]
        self.worker_url = f"http://127.0.0.1:{environment['REFERENCE_WORKER_HTTP_PORT']}"
        self.http = httpx.Client(timeout=10)

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", "reference_service", name]
            self.processes[name] = subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=log)

    def start_all(self) -> None:
        self.start("receiver")
        self.start("worker")
        self.await_ready()

    def await_ready(self) -> None:
        wait_until(lambda: self.answers(f"{self.url}/readyz"), "the receiver is ready", 20)
        wait_until(lambda: self.answers(f"{self.worker_url}/readyz"), "the worker is ready", 20)

    def answers(self, url: str) -> bool:
        """Whether it says 200. A process that has ended by itself will never answer."""
        ended = [name for name, process in self.processes.items() if process.poll() is not None]
        assert not ended, "\n".join((self.folder / f"{name}.log").read_text()[-2000:] for name in ended)
        try:
            return self.http.get(url).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def stop(self, name: str) -> tuple[int, float]:
        """Exit code and seconds after SIGTERM."""
        process = self.processes.pop(name)
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        return process.wait(10), time.monotonic() - started

    def webhook(self, topic: str, body: dict[str, Any], *, at_ns: int | None = None, **change: str) -> httpx.Response:
        raw = json.dumps(body).encode()
        headers = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": change.get("signature", sign(SECRET, raw)),
            "X-Shopify-Webhook-Id": change.get("webhook_id", str(uuid.uuid4())),
            "X-Shopify-Shop-Domain": "demo.myshopify.com",
            "X-Shopify-Triggered-At": rfc3339(at_ns if at_ns is not None else time.time_ns()),
        }
        return self.http.post(f"{self.url}/webhooks/shopify", content=raw, headers=headers)

    def stock_webhook(self, sku: str, available: int, *, at_ns: int | None = None) -> httpx.Response:
        item = self.commerce.item(sku)
        body = {
            "inventory_item_id": item,
            "location_id": LOCATION,
            "available": available,
            "updated_at": rfc3339(at_ns or time.time_ns())[:19] + "Z",
            "admin_graphql_api_id": f"gid://shopify/InventoryLevel/{item + 5}?inventory_item_id={item}",
        }
        return self.webhook("inventory_levels/update", body, at_ns=at_ns)

    def order(
        self, channel: str, order_id: str, topic: str, lines: dict[str, int], *, webhook_id: str = "", **more: Any
    ) -> httpx.Response:
        rows = [{"sku": sku, "quantity": units, "price": "9.99"} for sku, units in lines.items()]
        order = {"order_id": order_id, "status": "open", "lines": rows, "return": more.get("returned")}
        body = {"id": str(uuid.uuid4()), "topic": topic, "channel": channel, "order": order}
        raw = json.dumps(body).encode()
        headers = {
            "X-Marketplace-Channel": channel,
            "X-Marketplace-Topic": topic,
            "X-Marketplace-Delivery-Id": webhook_id or str(uuid.uuid4()),
            "X-Marketplace-Signature": sign(CHANNEL_SECRET, raw),
            "X-Marketplace-Triggered-At": rfc3339(time.time_ns()),
        }
        return self.http.post(f"{self.url}/webhooks/channels/{channel}", content=raw, headers=headers)

    def probe(self, what: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        after: str | None = ""
        while after is not None:
            page = self.http.get(f"{self.url}/probe/{what}", params={"after": after, "limit": "500"}).json()
            rows += page[what.replace("-", "_")]
            after = page["next"]
        return rows

    def effects(self) -> dict[str, dict[str, Any]]:
        return {row["webhook_id"]: row for row in self.probe("effects")}

    wait_until = staticmethod(lambda is_so, what, seconds=10.0: wait_until(is_so, what, seconds))

    def close(self) -> None:
        for name in list(self.processes):
            self.kill(name)
        self.http.close()


def sign(secret: str, raw: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), raw, hashlib.sha256)).decode()


def rfc3339(at_ns: int) -> str:
    seconds, fraction = divmod(at_ns, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{fraction:09d}Z"


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as server:
        yield server


@pytest.fixture
def database_url(postgres: EmbeddedPostgres) -> str:
    name = f"t{uuid.uuid4().hex}"
    create_database(postgres.url, name)
    return with_database(postgres.url, name)


@pytest.fixture
def commerce() -> FakeCommerce:
    return FakeCommerce(items=20)


@pytest.fixture
def make_service(commerce: FakeCommerce, database_url: str, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    handler = type("BoundHandler", (Handler,), {"commerce": commerce})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    api = f"http://127.0.0.1:{server.server_port}"
    made: list[Service] = []

    def make(**settings: str) -> Service:
        port = free_port()
        environment = {
            **os.environ,
            "REFERENCE_DATABASE_URL": database_url,
            "REFERENCE_LISTEN_PORT": str(port),
            "REFERENCE_WORKER_HTTP_PORT": str(free_port()),
            "REFERENCE_SHOP_DOMAIN": "demo.myshopify.com",
            "REFERENCE_ADMIN_API_URL": f"{api}/admin/api/2026-10/graphql.json",
            "REFERENCE_ADMIN_TOKEN": "shpat_secret",
            "REFERENCE_CLIENT_SECRET": SECRET,
            "REFERENCE_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "REFERENCE_CHANNELS_URL": f"{api}/marketplaces",
            "REFERENCE_CHANNELS": ",".join(CHANNELS),
            "REFERENCE_CHANNEL_TOKEN": "channel-token",
            "REFERENCE_CHANNEL_SECRET": CHANNEL_SECRET,
            **{f"REFERENCE_{name.upper()}": value for name, value in settings.items()},
        }
        made.append(Service(environment, tmp_path, commerce))
        return made[-1]

    yield make
    for service in made:
        service.close()
    server.shutdown()
    server.server_close()
