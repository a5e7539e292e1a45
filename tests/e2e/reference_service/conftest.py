"""The reference service as real processes with a real PostgreSQL, and the requests of a shop and its marketplaces."""

import base64
import hashlib
import hmac
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.loadtests.backing.postgres.server import create_database
from stockstorm.loadtests.backing.postgres.urls import with_database
from stockstorm.loadtests.processes.child import free_port
from stockstorm.reference_service.architectures import architecture_of
from stockstorm.reference_service.settings import DEFAULT_ARCHITECTURE
from stockstorm.reference_service.wiring import RECEIVER
from tests.fake_commerce import CHANNELS, LOCATION, FakeCommerce, Handler
from tests.running import ROOT

HOST = "127.0.0.1"
SECRET = "shop-secret"
CHANNEL_SECRET = "channel-secret"
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # to load them takes longer than most requests
PATIENCE_S = 60.0
Post = Callable[[str, bytes, dict[str, str]], httpx.Response]  # path, body, headers


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """The bound is for what never comes: how long the rest takes is the machine's."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, f"not within {PATIENCE_S} s: {what}"
        time.sleep(0.02)


class Service:
    """The service's processes, and the requests that a shop and its marketplaces send to them."""

    def __init__(self, environment: dict[str, str], folder: Path, commerce: FakeCommerce, names: Sequence[str]) -> None:
        self.environment = environment
        self.names = names
        self.folder = folder
        self.commerce = commerce
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.url = environment["REFERENCE_PUBLIC_URL"]
        self.receiver_url = f"http://127.0.0.1:{environment['REFERENCE_RECEIVER_OPERATIONS_PORT']}"
        self.worker_url = f"http://127.0.0.1:{environment['REFERENCE_WORKER_OPERATIONS_PORT']}"
        self.http = httpx.Client(timeout=10, verify=NO_CERTIFICATES)
        self.post: Post = self.post_to_receiver

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", "stockstorm.reference_service", name]
            self.processes[name] = subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=log)

    def start_all(self) -> None:
        for name in self.names:
            self.start(name)
        self.await_ready()

    def await_ready(self) -> None:
        if "receiver" in self.processes:
            wait_until(lambda: self.answers(f"{self.receiver_url}/readyz"), "the receiver is ready")
        wait_until(lambda: self.answers(f"{self.worker_url}/readyz"), "the worker is ready")

    def answers(self, url: str) -> bool:
        """Whether the answer is 200. Fails if a process has ended by itself."""
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
        """Sends SIGTERM. Returns the exit code and the seconds until the process ended."""
        process = self.processes.pop(name)
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        return process.wait(PATIENCE_S), time.monotonic() - started

    def post_to_receiver(self, path: str, raw: bytes, headers: dict[str, str]) -> httpx.Response:
        return self.http.post(f"{self.url}{path}", content=raw, headers=headers)

    def webhook(self, topic: str, body: dict[str, Any], *, at_ns: int | None = None, **change: str) -> httpx.Response:
        return self.signed(topic, json.dumps(body).encode(), at_ns=at_ns, **change)

    def signed(self, topic: str, raw: bytes, *, at_ns: int | None = None, **change: str) -> httpx.Response:
        headers = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": change.get("signature", sign(SECRET, raw)),
            "X-Shopify-Webhook-Id": change.get("webhook_id", str(uuid.uuid4())),
            "X-Shopify-Shop-Domain": "demo.myshopify.com",
            "X-Shopify-Triggered-At": rfc3339(at_ns if at_ns is not None else time.time_ns()),
        }
        return self.post("/webhooks/shopify", raw, headers)

    def stock_webhook(self, sku: str, available: int, *, at_ns: int | None = None, **change: str) -> httpx.Response:
        item = self.commerce.item(sku)
        body = {
            "inventory_item_id": item,
            "location_id": LOCATION,
            "available": available,
            "updated_at": rfc3339(at_ns or time.time_ns())[:19] + "Z",
            "admin_graphql_api_id": f"gid://shopify/InventoryLevel/{item + 5}?inventory_item_id={item}",
        }
        return self.webhook("inventory_levels/update", body, at_ns=at_ns, **change)

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
        return self.post(f"/webhooks/channels/{channel}", raw, headers)

    def probe(self, what: str, url: str = "") -> list[dict[str, Any]]:
        base = url or (self.receiver_url if RECEIVER in self.names else self.worker_url)
        rows: list[dict[str, Any]] = []
        after: str | None = ""
        while after is not None:
            page = self.http.get(f"{base}/probe/{what}", params={"after": after, "limit": "500"}).json()
            rows += page[what.replace("-", "_")]
            after = page["next"]
        return rows

    def effects(self) -> dict[str, dict[str, Any]]:
        return {row["webhook_id"]: row for row in self.probe("effects")}

    def dead_letters(self) -> set[str]:
        return {row["webhook_id"] for row in self.probe("dead-letters")}

    wait_until = staticmethod(wait_until)

    def deliver(self, send: Callable[[], httpx.Response]) -> None:
        """Sends until the answer is 200, as shops and marketplaces do: a loaded machine may exceed a time limit."""
        self.wait_until(lambda: send().status_code == 200, "it is acknowledged")

    def close(self) -> None:
        for name in list(self.processes):
            self.kill(name)
        self.http.close()


def sign(secret: str, raw: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), raw, hashlib.sha256)).decode()


def rfc3339(at_ns: int) -> str:
    seconds, fraction = divmod(at_ns, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{fraction:09d}Z"


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as server:
        yield server


def new_database(postgres: EmbeddedPostgres) -> str:
    """The URL of a new, empty database."""
    name = f"t{uuid.uuid4().hex}"
    create_database(postgres.url, name)
    return with_database(postgres.url, name)


@pytest.fixture
def database_url(postgres: EmbeddedPostgres) -> str:
    return new_database(postgres)


@pytest.fixture
def commerce() -> FakeCommerce:
    return FakeCommerce(items=20)


@contextmanager
def played_by(commerce: FakeCommerce) -> Iterator[str]:
    """The URL of the shop and its marketplaces, until the block ends."""
    handler = type("BoundHandler", (Handler,), {"commerce": commerce})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def services_of(commerce: FakeCommerce, database_url: str, folder: Path) -> Iterator[Callable[..., Service]]:
    """A function that makes services on one database. They end with the block."""
    with played_by(commerce) as api:
        made: list[Service] = []
        try:
            yield partial(_make_service, commerce, database_url, folder, api, made)
        finally:
            for service in made:
                service.close()


def _make_service(
    commerce: FakeCommerce,
    database_url: str,
    folder: Path,
    api: str,
    made: list[Service],
    environment: Mapping[str, str] | None = None,
    **settings: str,
) -> Service:
    port = free_port(HOST)
    processes = architecture_of(settings.get("architecture", DEFAULT_ARCHITECTURE)).processes
    variables = {
        **os.environ,
        **(environment or {}),
        "REFERENCE_DATABASE_URL": database_url,
        "REFERENCE_LISTEN_PORT": str(port),
        "REFERENCE_RECEIVER_OPERATIONS_PORT": str(free_port(HOST)),
        "REFERENCE_WORKER_OPERATIONS_PORT": str(free_port(HOST)),
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
    made.append(Service(variables, folder, commerce, processes))
    return made[-1]


@pytest.fixture
def make_service(commerce: FakeCommerce, database_url: str, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    with services_of(commerce, database_url, tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def shared_commerce() -> FakeCommerce:
    return FakeCommerce(items=20)


@pytest.fixture(scope="module")
def shared_service(
    request: pytest.FixtureRequest,
    shared_commerce: FakeCommerce,
    postgres: EmbeddedPostgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """One running service for a module, of the module's ARCHITECTURE. Its tests use different SKUs, orders and ids."""
    folder = tmp_path_factory.mktemp("service")
    with services_of(shared_commerce, new_database(postgres), folder) as make:
        service = make(architecture=request.module.ARCHITECTURE)
        service.start_all()
        yield service
