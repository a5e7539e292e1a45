"""A service that asks for HTTPS reaches the played APIs at the shop's own domain, by variables of its environment."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import certifi
import msgspec
import pytest

from stockstorm.loadtests.https import process
from stockstorm.loadtests.https.process import NOTE, PRELOAD, HttpsPlace, _system_folder, start_front
from stockstorm.loadtests.https.told import BROKEN_OFF, told_of
from stockstorm.loadtests.processes.registry import PROCESSES
from stockstorm.loadtests.subjects.own.greeting import listens
from tests.unit.loadtests.subjects.own.test_subject import AROUND, python, subject

DOMAIN = AROUND.shop_domain
WITHIN_S = 60
# Receives as others do, and has asked the shop once before, as its environment leads it. It trusts what it always does.
SERVICE = """
import http.server, json, os, ssl, urllib.error, urllib.request
def asked(url):
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.read().decode()
    except OSError as error:
        return str(error)
class Door(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(401); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *_): pass
told = {"shop": asked("https://demo.myshopify.com/admin/shop.json"), "other": asked("https://other.example/"),
        "authorities": len(ssl.create_default_context().get_ca_certs()), **os.environ}
open(os.environ["STATE"], "w").write(json.dumps(told))
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Door).serve_forever()
"""
NODE = """
fetch("https://demo.myshopify.com/admin/shop.json").then((answer) => answer.text()).then(console.log);
"""


class Apis(BaseHTTPRequestHandler):
    """Stands for the played APIs."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = f"{self.path} at {self.headers['Host']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Silent."""


@pytest.fixture
def apis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("SSL_CERT_FILE", "NO_PROXY", "no_proxy", "NODE_OPTIONS"):
        monkeypatch.delenv(name, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Apis) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def told(folder: Path, api: str, **values: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What the service found, and the notes of the run."""
    environment = {"PORT": "${port}", "STATE": "${folder}/state", "SHOP_URL": "${https_url}", **values.pop("also", {})}
    made = subject(folder, life={"start": python(SERVICE, folder)}, environment=environment, **values)
    try:
        made.start(msgspec.structs.replace(AROUND, admin_api_url=f"{api}/admin/api/2026-10/graphql.json"))
        found: dict[str, Any] = json.loads((folder / "service" / "state").read_text())
        return found, made.notes
    finally:
        made.stop()


def test_it_reaches_the_shop_by_its_own_domain_and_nothing_else(tmp_path: Path, apis: str) -> None:
    found, notes = told(tmp_path, apis, https={})
    assert found["shop"] == f"/admin/shop.json at {DOMAIN}"
    assert "403 Forbidden" in found["other"]
    assert found["authorities"] == (1 if _system_folder() else ANY), (
        "a client that reads all for each call spends 30 ms"
    )
    assert notes == (NOTE.format(DOMAIN),)
    assert not listens(found["SHOP_URL"]), "it ends with the service"
    assert not PROCESSES.deaths("harness")
    log = (tmp_path / "logs" / "https.log").read_text()
    assert log == f"refused other.example:443: the proxy leads to https://{DOMAIN} only; see NO_PROXY\n"


def test_what_the_file_says_of_the_environment_comes_last(tmp_path: Path, apis: str) -> None:
    also = {"HTTPS_PROXY": "", "https_proxy": "", "CA": "${ca_file}", "AT": "${proxy_url}"}
    found, _ = told(tmp_path, apis, https={}, also=also)
    assert found["HTTPS_PROXY"] == ""
    assert DOMAIN not in found["shop"]
    assert found["CA"] == found["NODE_EXTRA_CA_CERTS"]
    assert Path(found["CA"]).read_text().startswith("-----BEGIN CERTIFICATE")
    assert found["AT"].startswith("http://127.0.0.1:")


def test_a_client_that_does_not_trust_the_authority_is_told_apart(tmp_path: Path, apis: str) -> None:
    found, _ = told(tmp_path, apis, https={}, also={"SSL_CERT_FILE": certifi.where()})
    assert "CERTIFICATE_VERIFY_FAILED" in found["shop"]
    assert f"{BROKEN_OFF}: TLSV1_ALERT_UNKNOWN_CA" in told_of(tmp_path / "logs" / "https.log")


def test_a_port_that_is_taken_is_named_before_the_service_starts(tmp_path: Path, apis: str) -> None:
    taken = int(apis.rpartition(":")[2])
    made = subject(tmp_path, life={"start": python(SERVICE, tmp_path)}, https={"port": taken}, environment={})
    with pytest.raises(Exception, match=r"https.port: 127.0.0.1:\d+: cannot listen"):
        made.start(AROUND)
    made.stop()
    assert not (tmp_path / "service" / "state").exists()


def test_node_is_led_there_whether_or_not_it_heeds_proxy_variables(tmp_path: Path, apis: str) -> None:
    if shutil.which("node") is None:
        pytest.skip("the way for Node is NOT tested: node is not installed (Debian: apt install nodejs)")
    child, place = start_front(apis, DOMAIN, "127.0.0.1", 0, 0, tmp_path / "log")
    try:
        environment = {**os.environ, **place.environment(os.environ)}
        words = ["node", "-e", NODE]
        run = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=WITHIN_S, check=False)
        assert run.stdout == f"/admin/shop.json at {DOMAIN}\n", run.stderr
    finally:
        child.stop()


def test_an_option_for_node_that_is_there_already_stays() -> None:
    given = HttpsPlace(DOMAIN, "::1", 9443, 9402, "/a", "/b").environment({"NODE_OPTIONS": "--no-warnings"})
    assert given["NODE_OPTIONS"] == f"--no-warnings --require={PRELOAD}"
    assert given["HTTPS_PROXY"] == "http://[::1]:9402"
    assert given["STOCKSTORM_LEADS"] == f"{DOMAIN}=[::1]:9443"


@pytest.mark.parametrize(
    ("no_proxy", "folder", "trusted"),
    [
        ("", True, "/own"),
        ("localhost, 127.0.0.1,::1", True, "/own"),
        ("queue.internal.example", True, "/own and others"),
        ("", False, "/own and others"),
    ],
)
def test_the_authorities_of_the_machine_are_read_where_another_host_may_be_reached(
    no_proxy: str, folder: bool, trusted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_system_folder", lambda: folder)
    place = HttpsPlace(DOMAIN, "127.0.0.1", 9443, 9402, "/own", "/own and others")
    for inherited, given in (({"NO_PROXY": no_proxy}, {}), ({}, {"no_proxy": no_proxy})):
        found = place.environment(inherited, given)
        assert [found[name] for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")] == [trusted] * 3
        assert found["NODE_EXTRA_CA_CERTS"] == "/own"


def test_a_file_says_which_hosts_go_around_the_proxy(tmp_path: Path, apis: str) -> None:
    found, _ = told(tmp_path, apis, https={}, also={"NO_PROXY": "queue.internal.example"})
    assert found["shop"] == f"/admin/shop.json at {DOMAIN}"
    assert found["authorities"] > 1, "those of the system are trusted too"
