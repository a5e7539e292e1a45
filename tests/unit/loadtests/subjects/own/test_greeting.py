"""Another program at the address is noticed before the load; a sound receiver is never taken for one."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer

import pytest

from stockstorm.loadtests.https.authority import Authority
from stockstorm.loadtests.processes.child import free_port
from stockstorm.loadtests.subjects.own import greeting
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


class Way(Static):
    """Does with a request what a test says."""

    way: Callable[["Way"], object]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.close_connection = True
        type(self).way(self)

    def reply(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def of_way(way: Callable[[Way], object]) -> type[Way]:
    return type("Special", (Way,), {"way": way})


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds become tenths."""
    monkeypatch.setattr(greeting, "OWN_ANSWER_S", 0.2)
    monkeypatch.setattr(greeting, "OWN_GREETING_S", 1.0)


class Database(BaseRequestHandler):
    """Speaks another protocol."""

    says = b"E\x00\x00\x00\x0bbad start\x00"

    def handle(self) -> None:
        self.request.recv(65_536)
        self.request.sendall(self.says)
        self.request.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):
            while self.request.recv(65_536):  # who closes with bytes unread resets the connection
                pass


class Shell(Database):
    says = b"SSH-2.0-OpenSSH_9.2\r\n\r\n"


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


@pytest.mark.parametrize("status", [307, 404, 405])
def test_another_application_is_named_by_its_answer(status: int) -> None:
    with serving(receiver(status, status)) as uri:
        assert f"{uri}: it answers {status}" in said(uri)


def test_a_static_server_is_noticed_and_named_as_it_names_itself() -> None:
    with serving(Static) as uri:
        text = said(uri)
    assert "it answers 501 Not Implemented to webhooks, signed or not: another program (SimpleHTTP/" in text


def test_a_redirect_says_where_to_without_what_may_be_secret() -> None:
    with serving(of_way(lambda door: door.reply(301, Location="https://shop.example/login?token=hush"))) as uri:
        text = said(uri)
    assert "it answers webhooks with a redirect (301 Moved Permanently) to https://shop.example/login;" in text
    assert "hush" not in text


def test_a_connection_that_is_closed_is_told_from_another_protocol() -> None:
    with serving(of_way(lambda door: door.connection.shutdown(socket.SHUT_RDWR))) as uri:
        assert "closes the connection without an answer in HTTP, signed or not" in said(uri)


def _late(door: Way) -> None:
    time.sleep(0.4)
    door.reply(200)


def test_who_answers_after_five_seconds_is_slow_and_no_other_program(short: None) -> None:
    with serving(of_way(_late)) as uri:
        text = said(uri)
    assert "it answers webhooks after 0." in text
    assert "(200 Ok); Shopify waits 0.2 s" in text
    assert "store the event, answer 200" in text
    assert "program" not in text


def test_who_does_not_answer_at_all_is_told_so(short: None) -> None:
    with serving(of_way(lambda _door: time.sleep(1.5)), ThreadingHTTPServer) as uri:
        text = said(uri)
    assert "it takes the connection, and gives no answer within 1 s" in text
    assert "program" not in text


@pytest.mark.parametrize("way", ["late", "closed"])
def test_a_receiver_that_makes_forgers_wait_or_hangs_up_on_them_is_sound(way: str, short: None) -> None:
    seen: list[bool] = []

    def as_deserved(door: Way) -> None:
        seen.append("X-Shopify-Hmac-Sha256" in door.headers)
        if seen[-1]:
            door.reply(200)
        elif way == "late":
            time.sleep(0.4)
            door.reply(401)
        else:
            door.connection.shutdown(socket.SHUT_RDWR)

    with serving(of_way(as_deserved)) as uri:
        greet((uri,), "secret", "demo.myshopify.com")
    assert seen == [False, True]


@pytest.mark.parametrize(("program", "told"), [(Database, "without an answer in HTTP"), (Shell, "does not speak HTTP")])
def test_a_program_of_another_protocol_is_noticed(program: type[Database], told: str) -> None:
    with serving(program, TCPServer) as uri:
        assert told in said(uri)


def test_https_at_a_port_of_http_is_told() -> None:
    with serving(receiver(401, 200)) as uri:
        assert "does not speak TLS" in said(uri.replace("http:", "https:"))


def test_nobody_is_told() -> None:
    assert "nobody answers there" in said(f"http://127.0.0.1:{free_port('127.0.0.1')}/w")


def test_a_name_that_no_machine_has_is_told() -> None:
    assert "no machine of this name" in said("http://no-such-machine.invalid/w")


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
            assert "it speaks HTTPS there" in said(uri.replace("https:", "http:"))
            greet((uri,), "secret", "demo.myshopify.com", str(authority.certificate))
        finally:
            server.shutdown()
            thread.join()
    assert made.seen == [False]
