"""Your own service as the subject, by its URL. The one of this test registers late and accepts everything."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from stockstorm.loadtests.config.own_checks import SECRETS
from stockstorm.loadtests.processes.child import free_port
from stockstorm.loadtests.subjects import SHOP_TOPICS
from stockstorm.reports.store import read_history
from stockstorm.simulator.history import facts as f
from tests.running import SHORT

pytestmark = pytest.mark.e2e

LOOKS_EVERY_S = 2.0
TOKEN = "known to both"
SUBSCRIBE = """mutation($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri}) { userErrors { message } } }"""


class Nodding(BaseHTTPRequestHandler):
    """Answers 200 to every delivery, whoever signed it; has no probes."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200)

    def do_GET(self) -> None:
        self._answer(404)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        """Silent."""


class Server(ThreadingHTTPServer):
    """With room for a burst of connections: the standard library's five make a sixth wait for a second, a timeout."""

    request_queue_size = 128


class Service:
    """Nods at `url`; registers at the APIs on `api_port`, for which it looks every two seconds."""

    def __init__(self) -> None:
        self._server = Server(("127.0.0.1", 0), Nodding)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/webhooks"
        self.api_port = free_port("127.0.0.1")
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._server.serve_forever, self._register)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join(5)

    def _register(self) -> None:
        base, bearer = f"http://127.0.0.1:{self.api_port}", {"Authorization": f"Bearer {TOKEN}"}
        while not self._ended.wait(LOOKS_EVERY_S):
            try:
                httpx.put(f"{base}/marketplaces/bazaar/v1/notifications", json={"url": self.url}, headers=bearer)
            except httpx.HTTPError:
                continue  # not there yet
            for topic in SHOP_TOPICS:
                variables = {"topic": topic.upper().replace("/", "_"), "uri": self.url}
                graphql = {"query": SUBSCRIBE, "variables": variables}
                secret = {"X-Shopify-Access-Token": TOKEN}
                httpx.post(f"{base}/admin/api/2026-10/graphql.json", json=graphql, headers=secret)
            return


@pytest.fixture
def service() -> Iterator[Service]:
    started = Service()
    try:
        yield started
    finally:
        started.stop()


def test_a_service_that_accepts_everything_is_waited_for_and_judged_invalid(
    service: Service, stockstorm: Any, tmp_path: Path
) -> None:
    words = [
        "run",
        "smoke",
        "--seconds",
        SHORT,
        "--subject",
        service.url,
        "--api-port",
        service.api_port,
        "--runs",
        tmp_path,
    ]
    done = stockstorm(*words, **dict.fromkeys(SECRETS.values(), TOKEN))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "waiting for your service to register" in done.stderr
    result = json.loads((tmp_path / "latest" / "result.json").read_text())
    verdicts = {check["name"]: check["verdict"] for check in result["checks"]}
    assert (verdicts["forged"], verdicts["drift"]) == ("invalid", "invalid")
    assert verdicts["delivery_success"] == "valid"
    assert verdicts["ack_time"] != "invalid"  # beside other tests a slow answer is the machine's, and unknown
    assert result["measures"]["delivery.acknowledged"] > 100
    assert [note for note in result["notes"] if "PostgreSQL" in note or "when load began" in note] == []

    history = read_history(tmp_path / "latest")
    subscribed = history.all(f.SubscriptionCreated)
    assert [each.topic for each in subscribed] == ["*", *SHOP_TOPICS]
    first_call = min(call.at_ns for call in history.all(f.ApiCalled))
    assert history.all(f.ItemStocked)[0].at_ns < first_call < subscribed[-1].at_ns < history.start_ns
    assert history.all(f.DatabaseCounted) == []
