"""The HTTP server over real sockets, mostly in its own process, so that an ordinary client can be used."""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import gevent
import pytest
from gevent import socket as gevent_socket

from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.api.http_server import LOGGED_MAX, make_server
from stockstorm.simulator.errors import BackingError
from stockstorm.simulator.limits import REQUEST_BODY_MAX_BYTES

SERVER = """
import json, sys
from stockstorm.simulator.api.http_server import make_server
from stockstorm.simulator.api.exchange import ApiReply

closed = []

def handle(request):
    if request.path == "/defect":
        raise RuntimeError("a defect")
    if request.path == "/dropped":
        return ApiReply(200, (), b"never sent", [], [], dropped=True)
    if request.path == "/closed":
        return ApiReply(200, (), json.dumps(closed).encode(), [], [])
    if request.path in ("/silent", "/half"):
        left_open, on_closed = request.path[1:], lambda: closed.append(request.path)
        return ApiReply(200, (), b"0123456789", [], [], left_open=left_open, on_closed=on_closed)
    seen = [request.method, request.path, request.query, dict(request.headers), len(request.body)]
    return ApiReply(422, (("Content-Type", "application/json"), ("X-Seen", "yes")), json.dumps(seen).encode(), [], [])

server = make_server("", 0, handle)
server.start()
print(server.server_host, server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        host, port = server.stdout.readline().split()
        yield host.decode(), int(port)
        server.terminate()


@pytest.fixture
def connection(address: tuple[str, int]) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection(*address, timeout=10)) as made:
        yield made


def test_the_default_host_is_the_loopback(address: tuple[str, int]) -> None:
    assert address[0] == "127.0.0.1"


def test_a_request_arrives_as_a_value_and_its_reply_as_bytes(connection: http.client.HTTPConnection) -> None:
    headers = {"X-Some-Header": "ä", "Content-Type": "x/y"}
    connection.request("PUT", "/marketplaces/bazaar/v1/listings?a=1&b=%20", b"{}", headers)
    answer = connection.getresponse()
    method, path, query, seen, length = json.loads(answer.read())
    assert (answer.status, answer.reason, answer.headers["X-Seen"]) == (422, "Unprocessable Content", "yes")
    assert (method, path, query, length) == ("PUT", "/marketplaces/bazaar/v1/listings", "a=1&b=%20", 2)
    assert (seen["x-some-header"], seen["content-type"]) == ("ä", "x/y")


def test_a_dropped_call_closes_its_connection_without_an_answer_and_the_next_one_is_answered(
    connection: http.client.HTTPConnection, address: tuple[str, int]
) -> None:
    connection.request("GET", "/dropped")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        connection.getresponse()
    with closing(http.client.HTTPConnection(*address, timeout=10)) as other:
        other.request("GET", "/other")
        assert other.getresponse().status == 422


@pytest.mark.parametrize(("path", "read"), [("/silent", b""), ("/half", b"01234")])
def test_a_call_that_is_never_answered_is_open_until_its_client_closes_it(
    address: tuple[str, int], path: str, read: bytes
) -> None:
    with closing(http.client.HTTPConnection(*address, timeout=10)) as other:

        def closed() -> list[str]:
            other.request("GET", "/closed")
            found: list[str] = json.loads(other.getresponse().read())
            return found

        with closing(socket.create_connection(address, timeout=10)) as client:
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            client.settimeout(0.3)
            got = b""
            with suppress(TimeoutError):
                while data := client.recv(1_000):
                    got += data
                pytest.fail("the server closed the connection")
            assert got.partition(b"\r\n\r\n")[2] == read
            assert path not in closed()
        for _ in range(100):
            if path in closed():
                return
            time.sleep(0.05)
        pytest.fail("the end of the connection was not noticed")


def test_a_connection_is_kept_for_the_next_request(connection: http.client.HTTPConnection) -> None:
    connection.connect()
    first = connection.sock
    for n in range(3):
        connection.request("POST", f"/{n}", b"x" * n)
        assert json.loads(connection.getresponse().read())[4] == n
    assert connection.sock is first


def test_a_chunked_body_is_read_completely(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/", iter([b"abc", b"defg"]), encode_chunked=True)
    assert json.loads(connection.getresponse().read())[4] == 7


def test_a_body_above_the_limit_is_413_and_closes_the_connection(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/", b"x" * (REQUEST_BODY_MAX_BYTES + 1))
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (413, "close")


def test_a_chunked_body_above_the_limit_is_413(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/", iter([b"x" * 500_000] * 5), encode_chunked=True)
    assert connection.getresponse().status == 413


@pytest.mark.parametrize("length", ["+2", "0_2", "two", "-2"])
def test_an_invalid_content_length_is_400(connection: http.client.HTTPConnection, length: str) -> None:
    connection.request("POST", "/admin/api/2026-10/graphql.json", b"{}", {"Content-Length": length})
    assert connection.getresponse().status == 400


@pytest.mark.parametrize(
    ("length", "status", "code"),
    [("+2", 400, "bad_content_length"), (str(REQUEST_BODY_MAX_BYTES + 1), 413, "body_too_large")],
)
def test_an_unread_body_is_answered_in_the_format_of_the_requested_api(
    address: tuple[str, int], length: str, status: int, code: str
) -> None:
    seen = {}
    for path in ("/marketplaces/bazaar/v1/listings", "/admin/api/2026-10/graphql.json"):
        with closing(socket.create_connection(address, timeout=10)) as sender:
            sender.sendall(f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{{}}".encode())
            sender.shutdown(socket.SHUT_WR)
            answer = http.client.HTTPResponse(sender)
            answer.begin()
            assert answer.status == status
            seen[path.split("/")[1]] = json.loads(answer.read())
    assert seen["marketplaces"]["error"].keys() == {"code", "message"}
    assert seen["marketplaces"]["error"]["code"] == code
    assert isinstance(seen["admin"]["errors"], str)


@pytest.mark.parametrize("size", [b"", b"zz", b"f" * 20, b"5\r\nabcdefgh"])
def test_a_malformed_chunk_is_400_and_closes_the_connection(address: tuple[str, int], size: bytes) -> None:
    with closing(socket.create_connection(address, timeout=10)) as sender:
        sender.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + size + b"\r\n\r\n")
        received = b"".join(iter(lambda: sender.recv(10_000), b""))
    assert received.startswith(b"HTTP/1.1 400 ")


def test_what_strangers_send_writes_no_traceback_and_a_bounded_number_of_lines() -> None:
    """Too many headers, early ends, and connections that are closed before their answer."""
    heads = (
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(150)) + b"\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nab",
        b"GET / HTTP/7\r\n\r\n",
    )
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        assert server.stdout is not None and server.stderr is not None  # noqa: PT018 - for the type checker
        host, port = server.stdout.readline().split()
        for head in heads * 20:
            with closing(socket.create_connection((host.decode(), int(port)), timeout=10)) as stranger:
                stranger.sendall(head)
                stranger.shutdown(socket.SHUT_WR)
                with suppress(ConnectionError):
                    stranger.recv(100)
        server.terminate()
        lines = server.stderr.read().decode().splitlines()
    assert [line for line in lines if "Traceback" in line] == []
    assert 1 <= len(lines) <= LOGGED_MAX + 1
    assert lines[-1] == "further malformed requests are not logged"


def test_an_exception_of_the_api_is_a_500_and_the_server_continues(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/defect")
    assert connection.getresponse().status == 500
    connection.close()
    connection.request("GET", "/")
    assert connection.getresponse().status == 422


def test_the_listening_socket_sends_without_delay() -> None:
    server = make_server("127.0.0.1", 0, lambda request: ApiReply(200, (), request.body, [], []))
    assert server.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    server.close()


def test_an_address_in_use_is_a_user_error() -> None:
    def handle(request: ApiRequest) -> ApiReply:
        return ApiReply(200, (), request.body, [], [])

    first = make_server("127.0.0.1", 0, handle)
    port = first.socket.getsockname()[1]
    with pytest.raises(BackingError, match=f"simulated APIs on 127.0.0.1:{port}: cannot listen"):
        make_server("127.0.0.1", port, handle)
    first.close()


def test_a_connection_above_the_bound_waits_until_another_is_closed() -> None:
    server = make_server("127.0.0.1", 0, lambda _request: ApiReply(200, (), b"yes", [], []), connections_max=2)
    server.start()
    idle = [gevent_socket.create_connection(("127.0.0.1", server.server_port), timeout=5) for _ in range(2)]
    gevent.sleep(0.05)
    with closing(gevent_socket.create_connection(("127.0.0.1", server.server_port), timeout=5)) as third:
        third.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        third.settimeout(0.2)
        with pytest.raises(TimeoutError):
            third.recv(1_000)
        idle.pop().close()
        third.settimeout(5)
        assert b"yes" in third.recv(1_000)
    idle.pop().close()
    server.stop(0.05)


def test_connections_are_counted_open_busy_and_in_use() -> None:
    busy: list[int] = []

    def handle(_request: ApiRequest) -> ApiReply:
        busy.append(server.connections.busy)
        return ApiReply(200, (), b"yes", [], [])

    server = make_server("127.0.0.1", 0, handle)
    server.start()
    counted = server.connections
    clients = [gevent_socket.create_connection(("127.0.0.1", server.server_port), timeout=5) for _ in range(3)]
    for client in (clients[0], clients[0], clients[1]):
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"yes" in client.recv(1_000)
    gevent.sleep(0.05)
    assert (counted.open, counted.busy, busy) == (3, 0, [1, 1, 1])
    assert [counted.take_used(), counted.take_used()] == [2, 0]
    clients.pop().close()
    gevent.sleep(0.05)
    assert counted.open == 2
    for client in clients:
        client.close()
    server.stop(0.05)


def test_a_stopped_server_closes_keep_alive_connections() -> None:
    served: list[str] = []

    def handle(request: ApiRequest) -> ApiReply:
        served.append(request.path)
        return ApiReply(200, (), b"yes", [], [])

    server = make_server("127.0.0.1", 0, handle)
    server.start()
    with closing(gevent_socket.create_connection(("127.0.0.1", server.server_port), timeout=5)) as client:
        client.sendall(b"GET /before HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"yes" in client.recv(1_000)
        server.stop(0.05)
        with suppress(OSError):
            client.sendall(b"GET /after HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(1_000) == b""
    assert served == ["/before"]
