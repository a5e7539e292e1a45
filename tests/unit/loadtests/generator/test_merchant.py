"""The merchant's browser: an app that wants an authorization code gets it, and one that does not answer is told."""

import hmac
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from stockstorm.loadtests.generator.merchant import open_app, signed_query
from stockstorm.simulator.api.exchange import ApiRequest, RequestSerial
from stockstorm.simulator.api.oauth.api import OAuthApi
from stockstorm.simulator.clock import SECOND_NS, WallPair
from stockstorm.simulator.config import AppConfig
from stockstorm.simulator.shop.app import CLIENT_ID, App

DOMAIN, SECRET = "demo.myshopify.com", b"secret"


class Handler(BaseHTTPRequestHandler):
    """An app at /app and /callback, and the shop's authorization page beside it."""

    def do_GET(self) -> None:
        parts, server = urlsplit(self.path), self.server
        assert isinstance(server, HTTPServer)
        seen: list[tuple[str, dict[str, list[str]]]] = server.seen  # type: ignore[attr-defined]  # set by the fixture
        seen.append((parts.path, parse_qs(parts.query)))
        location = ""
        if parts.path == "/app":
            back = f"http://127.0.0.1:{server.server_port}/callback"
            query = urlencode({"client_id": CLIENT_ID, "redirect_uri": back, "state": "s"})
            location = f"https://{DOMAIN}/admin/oauth/authorize?{query}"
        elif parts.path == "/loop":
            location = "/loop"
        elif parts.path == "/nowhere":
            location = "http://["
        elif parts.path.startswith("/admin"):
            oauth: OAuthApi = server.oauth  # type: ignore[attr-defined]  # set by the fixture
            reply = oauth.handle(ApiRequest("GET", parts.path, parts.query, {}, b""), 0)
            location = dict(reply.headers)["Location"]
        self.send_response(302 if location else 200)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def server() -> Iterator[Any]:
    made: Any = HTTPServer(("127.0.0.1", 0), Handler)
    app = App(AppConfig())
    app.have(SECRET)
    made.seen, made.oauth = [], OAuthApi(app, DOMAIN, WallPair(0, 9 * SECOND_NS), (), RequestSerial())
    Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def opened(server: Any, path: str) -> tuple[int, list[str]]:
    told: list[str] = []
    base = f"http://127.0.0.1:{server.server_port}"
    return open_app(f"{base}{path}", signed_query(DOMAIN, SECRET, 9), DOMAIN, base, told.append), told


def test_an_app_that_asks_for_a_code_gets_one(server: Any) -> None:
    assert opened(server, "/app") == (200, [])
    assert [path for path, _ in server.seen] == ["/app", "/admin/oauth/authorize", "/callback"]
    assert server.seen[2][1]["state"] == ["s"]
    assert server.seen[2][1]["code"][0].startswith("code_")


def test_the_page_is_opened_with_a_signed_query(server: Any) -> None:
    opened(server, "/plain")
    (given,) = [{name: values[0] for name, values in query.items()} for _, query in server.seen]
    signature = given.pop("hmac")
    assert set(given) == {"host", "shop", "timestamp"}
    assert (
        signature
        == hmac.new(SECRET, "&".join(f"{name}={given[name]}" for name in sorted(given)).encode(), "sha256").hexdigest()
    )


def test_redirects_without_an_end_are_told(server: Any) -> None:
    status, told = opened(server, "/loop")
    assert (status, len(server.seen)) == (302, 5)
    assert "more than 5 times" in told[0]


def test_a_redirect_to_what_is_no_url_is_told(server: Any) -> None:
    status, told = opened(server, "/nowhere")
    assert (status, len(told)) == (0, 1)


def test_a_page_that_does_not_answer_is_told() -> None:
    told: list[str] = []
    assert open_app("http://127.0.0.1:1/", {"shop": DOMAIN}, DOMAIN, "http://127.0.0.1:1", told.append) == 0
    assert "did not answer: ConnectionRefusedError" in told[0]
