"""Answers that never end, that are a bomb, or that stop half-way, over real sockets."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import repeat
from types import SimpleNamespace

import httpx
import pytest

from stockstorm.loadtests.subjects import asking
from stockstorm.loadtests.subjects.asking import Client, asked, body_of

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WITHIN_S = 0.4  # of what takes longer
SOON_S = 30.0  # of what comes at once, on a machine that is busy
MOST = 1_000


@contextmanager
def service_of(*answers: Callable[[], Iterator[bytes]]) -> Iterator[str]:
    """The address of a service that sends one answer to each connection, until the client is gone.

    With an empty piece it waits for the next request.
    """
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answer in answers:
            with suppress(OSError), listener.accept()[0] as connection:
                connection.recv(65_536)
                for piece in answer():
                    if piece:
                        connection.sendall(piece)
                    else:
                        connection.recv(65_536)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)  # ends an accept: a client can be gone before its connection was accepted
        thread.join(5)
        listener.close()
        assert not thread.is_alive()


def slowly(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        time.sleep(WITHIN_S / 8)  # far below what each read may take


def without_head_s_end() -> Iterator[bytes]:
    yield HEAD
    yield from slowly(f"X-{number}: x\r\n".encode() for number in range(1_000))


def by_bytes() -> Iterator[bytes]:
    yield HEAD + b"Content-Length: 900\r\n\r\n"
    yield from slowly(repeat(b" ", 900))


def half() -> Iterator[bytes]:
    yield HEAD + b"Content-Length: 900\r\n\r\n{"
    yield b""


def endless() -> Iterator[bytes]:
    yield HEAD + b"\r\n"
    yield from repeat(b"x" * 10_000)


def packed(encoding: str, body: bytes) -> Callable[[], Iterator[bytes]]:
    def answer() -> Iterator[bytes]:
        yield HEAD + f"Content-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    return answer


def read(base: str, within_s: float = SOON_S) -> bytes:
    with Client(within_s, base_url=base, verify=False) as client, client.stream("GET", "/") as answer:
        return body_of(answer, MOST)


@pytest.mark.parametrize("answer", [without_head_s_end, by_bytes, half])
def test_an_answer_that_goes_on_for_too_long_is_a_timeout(answer: Callable[[], Iterator[bytes]]) -> None:
    with service_of(answer, answer) as base:
        with pytest.raises(httpx.TimeoutException):
            read(base, WITHIN_S)
        with pytest.raises(httpx.TimeoutException):
            asked("GET", base, WITHIN_S, verify=False)


def test_an_answer_without_an_end_is_refused_or_left_unread() -> None:
    with service_of(endless, endless) as base:
        with pytest.raises(ValueError, match="more than 1,000 bytes in one answer"):
            read(base)
        assert asked("POST", base, 5.0, verify=False).status_code == 200


def test_an_answer_that_is_packed_twice_is_not_unpacked() -> None:
    small = gzip.compress(b'{"pending": 3}')
    bomb = gzip.compress(gzip.compress(b" " * 10_000_000))
    with service_of(packed("gzip", small), packed("gzip, gzip", bomb), packed("zstd", b"x")) as base:
        assert read(base) == b'{"pending": 3}'
        for name in ("gzip, gzip", "zstd"):
            with pytest.raises(ValueError, match=f"its Content-Encoding is '{name}'; send it plain"):
                read(base)


def test_no_proxy_of_the_environment_stands_between(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with service_of(packed("identity", b"1")) as base:
        assert read(base) == b"1"


def test_a_connection_serves_several_requests_each_within_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    passed_s = [0.0]
    monkeypatch.setattr(asking, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + passed_s[0]))

    def twice() -> Iterator[bytes]:
        yield HEAD + b"Content-Length: 1\r\n\r\n1"
        yield b""
        yield HEAD + b"Content-Length: 1\r\n\r\n2"

    with service_of(twice) as base, Client(SOON_S, base_url=base, verify=False) as client:
        for body in (b"1", b"2"):
            with client.stream("GET", "/") as answer:
                assert body_of(answer, MOST) == body
            passed_s[0] += SOON_S + 1  # the time of the first one is over
