"""A user's own tests and locustfile against a service that shares no code with ours."""

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, ClassVar

import pytest

from stockstorm.simulator.events.encoding import matches

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
ROOT = Path(__file__).parents[2]
SWEEP = ROOT / "tests/strangers/sweep/subject.toml"
INSTALLED = any(entry.name == "stockstorm" for entry in entry_points(group="pytest11"))

TESTS = """
from stockstorm.simulator.history.facts import RunStarted
def test_a_sale_is_taken_once_and_again(deliver):
    (sale,) = [one for one in deliver("orders/create", units=2, duplicate=True) if one.topic == "orders/create"]
    assert sale.taken and len(sale.statuses) == 2 and '"id":' in sale.body

def test_what_is_forged_is_refused(deliver):
    assert [one.taken for one in deliver("orders/create", forge=True)] == [False]

def test_it_subscribes_and_calls(shop):
    assert any(one.by_api and one.topic == "orders/create" for one in shop.subscriptions())
    assert shop.calls() and not any(one.errors for one in shop.calls())

def test_a_run(history, tmp_path):
    read, result = history("smoke", seed=2, seconds=3, rate=20.0, runs=tmp_path)
    assert result.subject == "sweep" and read.all(RunStarted)

def test_the_shop_is_there_again(deliver):
    assert deliver("products/update")[0].taken
"""


def test_a_suite_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(TESTS)
    loaded = "stockstorm" if INSTALLED else "stockstorm.pytest_plugin"
    words = ["-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:asyncio", "-p", loaded]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, f"--stockstorm={SWEEP}", f"--rootdir={tmp_path}", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout


LOCUSTFILE = """
import sys
from locust import constant, task
from stockstorm import StockstormError
from stockstorm.locust import ShopifyUser

class Shopify(ShopifyUser):
    wait_time = constant(60)

    @task
    def all_of_it(self):
        self.webhook("orders/create", copies=1)
        self.webhook("orders/create", forge="tampered", name="forged")
        self.webhook("orders/create", body={"id": 7}, name="mine")
        self.path = "/careless"
        self.webhook("orders/create", forge="unsigned", name="hole")
        self.path = "/moved"
        self.webhook("orders/create", name="moved")
        try:
            self.webhook("order.created")
        except StockstormError as error:
            print(error, file=sys.stderr)
        self.environment.runner.quit()
"""


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes what is signed; its other addresses take everything, or lead elsewhere."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[tuple[str, bool, bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        good = matches(b"s3cret", body, self.headers.get("X-Shopify-Hmac-Sha256", ""))
        self.seen.append((self.headers["X-Shopify-Webhook-Id"], good, body))
        status = {"/careless": 200, "/moved": 302}.get(self.path, 200 if good else 401)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def receiver() -> Iterator[str]:
    Receiver.seen.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_locustfile_of_ones_own(tmp_path: Path, receiver: str) -> None:
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE)
    words = ["--headless", "-u", "1", "-t", "60", "--host", receiver, "--json", "--exit-code-on-error", "0"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STOCKSTORM_")}
    done = subprocess.run(
        [sys.executable, "-m", "locust", "-f", "locustfile.py", *words],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT), "STOCKSTORM_CLIENT_SECRET": "s3cret"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    counted = {one["name"]: (one["num_requests"], one["num_failures"]) for one in json.loads(done.stdout)}
    assert counted == {"orders/create": (2, 0), "forged": (1, 0), "mine": (1, 0), "hole": (1, 1), "moved": (1, 1)}
    assert "STOCKSTORM_CHANNEL_SECRET: is not set" in done.stderr
    sale, copy, forged, mine, _, _ = Receiver.seen
    assert sale == copy
    assert [good for _, good, _ in (sale, forged, mine)] == [True, False, True]
    assert mine[2] == b'{"id":7}'
    assert len({sale[0], forged[0], mine[0]}) == 3
