"""An own service that already runs is the subject by its URL: here one that acknowledges all and does nothing."""

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e


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


@pytest.fixture
def nodding() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Nodding)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/webhooks"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def test_a_service_that_nods_at_everything_is_invalid_for_what_it_did(
    nodding: str, stockstorm: Any, tmp_path: Path
) -> None:
    done: subprocess.CompletedProcess[str] = stockstorm("run", "smoke", "--subject", nodding, "--runs", tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    result = json.loads((tmp_path / "latest" / "result.json").read_text())
    verdicts = {check["name"]: check["verdict"] for check in result["checks"]}
    assert (verdicts["forged"], verdicts["drift"]) == ("invalid", "invalid")
    assert (verdicts["delivery_success"], verdicts["ack_time"]) == ("valid", "valid")
    assert result["measures"]["delivery.acknowledged"] > 100
