"""`stockstorm serve` as a developer uses it: in a browser, from a shell, and after a restart."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser

from stockstorm.loadtests.processes.child import free_port
from tests.running import ROOT, SECRETS, Serving, run_module, triggered

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
INTERRUPTED = """
import signal, sys
from stockstorm.loadtests.cli.app import main
from stockstorm.loadtests.serve.shop import ServedShop

wait = ServedShop.wait

def interrupted(*arguments):
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    return wait(*arguments)

ServedShop.wait = interrupted
signal.signal(signal.SIGALRM, lambda *_: signal.getsignal(signal.SIGINT)(signal.SIGINT, None))
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""


class Taking(BaseHTTPRequestHandler):
    """An app that takes everything, as one without a signature check does."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def app() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/webhooks"
    server.shutdown()
    server.server_close()


@pytest.fixture
def serving(tmp_path: Path, app: str) -> Iterator[Serving]:
    made = Serving(tmp_path, "--to", app, "--state", str(tmp_path / "state"))
    yield made
    made.end()


def test_a_shell_triggers_what_the_served_shop_sends_and_a_restart_remembers_it(
    serving: Serving, tmp_path: Path, app: str
) -> None:
    code, found = triggered(serving, "orders/create", "--duplicate")
    assert (code, [one["topic"] for one in found]) == (0, ["orders/create", "inventory_levels/update"])
    code, found = triggered(serving, "orders/create", "--tamper")
    assert (code, found[0]["forged"], found[0]["attempts"][0][0]) == (1, "tampered", 200), "this app takes forgeries"
    code, told = triggered(serving, "orders/create", "--sku", "NO-SUCH")
    assert code == 4
    assert "the shop has no 'NO-SUCH'" in told
    assert serving.stop() == 0
    again = Serving(tmp_path, "--to", app, "--state", str(tmp_path / "state"))
    try:
        code, found = triggered(again, "orders/create")
        assert json.loads(found[0]["body"])["order_number"] == 1002
    finally:
        assert again.stop() == 0
    assert not any(value in again.log.read_text() for value in SECRETS.values())


def test_trigger_says_when_nothing_is_served() -> None:
    page = f"http://127.0.0.1:{free_port('127.0.0.1')}/"
    done = run_module("stockstorm", ["trigger", "orders/create", "--server", page], {}, within_s=60)
    assert done.returncode == 5
    assert "start stockstorm serve, or give --to URL" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.browser
def test_in_a_browser_a_sale_arrives_a_duplicate_is_sent_and_a_forgery_is_marked(
    serving: Serving, browser: Browser
) -> None:
    page = browser.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(serving.page)
    page.get_by_role("button", name="sell").click()
    page.get_by_role("link", name="orders/create").first.wait_for()
    page.get_by_text("acknowledged").first.wait_for()
    page.get_by_role("button", name="send again").first.click()
    page.get_by_text("sent again").wait_for()
    page.get_by_text(re.compile(r"200 after .* ms; 200 after .* ms")).first.wait_for()
    page.get_by_role("button", name="forge", exact=True).click()
    page.get_by_text("forged: tampered").first.wait_for()
    page.get_by_role("link", name="orders/create").first.click()
    page.get_by_text("X-Shopify-Hmac-Sha256").wait_for()
    assert wrong == []
    page.close()


def test_a_trigger_that_waits_ends_at_once_and_quietly_by_a_signal(app: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", INTERRUPTED, "trigger", "orders/create", "--to", app, "--late", "600"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **SECRETS}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 130
    assert (done.stdout, done.stderr) == ("", "")
