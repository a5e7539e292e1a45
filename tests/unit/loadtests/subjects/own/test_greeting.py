"""Another program at the address is noticed before the load; a sound receiver is never taken for one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer

import pytest

from stockstorm.loadtests.https.authority import Authority
from stockstorm.loadtests.processes.child import free_port
from stockstorm.loadtests.subjects.own.greeting import greet, signed
from stockstorm.simulator.delivery.attempts import Address
from stockstorm.simulator.delivery.headers import shopify_headers, shopify_prefix
from stockstorm.simulator.errors import SubjectError
from stockstorm.simulator.model import Subscription


class Quiet(BaseHTTPRequestHandler):
    """Answers `unsigned` without a signature and `signed` with one."""

    unsigned, signed = 401, 200
    seen: list[bool]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        has = "X-Shopify-Hmac-Sha256" in self.headers
        self.seen.append(has)
        self.send_response(self.signed if has else self.unsigned)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Silent."""


class Static(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Silent."""


class Database(BaseRequestHandler):
    """Speaks another protocol."""

    def handle(self) -> None:
        self.request.recv(100)
        self.request.sendall(b"E\x00\x00\x00\x0bbad start\x00")


@contextmanager
def serving(handler: type[BaseRequestHandler], server: type[TCPServer] = HTTPServer) -> Iterator[str]:
    with server(("127.0.0.1", 0), handler) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{made.server_address[1]}/webhooks"
        finally:
            made.shutdown()
            thread.join()


def receiver(unsigned: int, signed: int) -> type[Quiet]:
    return type("Receiver", (Quiet,), {"unsigned": unsigned, "signed": signed, "seen": []})


def said(uri: str, authority: str = "") -> str:
    with pytest.raises(SubjectError) as caught:
        greet((uri,), "secret", "demo.myshopify.com", authority)
    return str(caught.value)


def test_a_signed_greeting_has_every_header_of_a_webhook() -> None:
    """@shopify/shopify-api refuses a webhook that lacks one, signed or not."""
    sent = {name.lower() for name in signed("shop/update", "secret", "demo.myshopify.com")}
    head = shopify_headers("", length=1, signature="s", webhook_id="w", event_id="e", triggered_at="t").decode()
    head += shopify_prefix(
        Address("a", 1, "/"), Subscription(1, "shopify", "shop/update", "http://a/", 0, 0), "demo.myshopify.com"
    )
    wanted = {line.partition(":")[0].lower() for line in head.splitlines() if line.lower().startswith("x-shopify")}
    assert sent == wanted


@pytest.mark.parametrize(
    ("unsigned", "signed"), [(401, 200), (403, 422), (400, 200), (200, 200), (404, 200), (500, 500)]
)
def test_a_receiver_is_not_taken_for_another_program(unsigned: int, signed: int) -> None:
    made = receiver(unsigned, signed)
    with serving(made) as uri:
        greet((uri,), "secret", "demo.myshopify.com")
    assert made.seen == ([False, True] if unsigned == 404 else [False]), "a signed one only where it is needed"


@pytest.mark.parametrize("status", [301, 307, 404, 405])
def test_another_application_is_named_by_its_answer(status: int) -> None:
    with serving(receiver(status, status)) as uri:
        assert f"{uri}: it answers {status}" in said(uri)


def test_a_static_server_is_noticed() -> None:
    with serving(Static) as uri:
        assert "it answers 501 Not Implemented to webhooks, signed or not: another program" in said(uri)


def test_a_program_of_another_protocol_is_noticed() -> None:
    with serving(Database, TCPServer) as uri:
        assert "does not speak HTTP" in said(uri)


def test_https_at_a_port_of_http_is_told() -> None:
    with serving(receiver(401, 200)) as uri:
        assert "does not speak TLS" in said(uri.replace("http:", "https:"))


def test_nobody_is_told() -> None:
    assert "nobody answers there" in said(f"http://127.0.0.1:{free_port('127.0.0.1')}/w")


def test_a_certificate_is_called_by_its_name_and_its_authority_can_be_given(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = authority.server_context(("localhost",))
    made = receiver(401, 200)
    with HTTPServer(("127.0.0.1", 0), made) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            uri = f"https://127.0.0.1:{server.server_address[1]}/webhooks"
            assert "its certificate is not accepted" in said(uri)
            greet((uri,), "secret", "demo.myshopify.com", str(authority.certificate))
        finally:
            server.shutdown()
            thread.join()
    assert made.seen == [False]
