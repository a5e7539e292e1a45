"""A receiver that strangers reach: what they can see, and what their requests cost it."""

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

pytestmark = pytest.mark.e2e
Make = Callable[..., Any]
HEAD = b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\n"
GROWTH_BYTES_MAX = 40_000_000
GARBAGE = 2_000  # malformed requests


def connect(service: Any) -> socket.socket:
    host, port = service.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=5)


def open_sockets(service: Any) -> int:
    port = int(service.url.rsplit(":", 1)[1])
    found = psutil.Process(service.processes["receiver"].pid).net_connections("tcp")
    return sum(each.status == psutil.CONN_ESTABLISHED and each.laddr.port == port for each in found)


def memory_bytes(service: Any) -> int:
    return int(psutil.Process(service.processes["receiver"].pid).memory_info().rss)


@pytest.fixture
def receiver(make_service: Make) -> Any:
    """A receiver alone."""
    service = make_service(connections_max="300", address_connections_max="200")
    service.start("receiver")
    service.wait_until(lambda: service.answers(f"{service.receiver_url}/readyz"), "the receiver is ready")
    return service


def test_health_metrics_and_probes_are_not_at_the_public_port(receiver: Any) -> None:
    assert receiver.http.get(f"{receiver.url}/healthz").status_code == 200
    for path in ("/readyz", "/metrics", "/probe/effects", "/probe/stock", "/probe/dead-letters"):
        assert receiver.http.get(f"{receiver.url}{path}").status_code == 404
        assert receiver.http.get(f"{receiver.receiver_url}{path}").status_code == 200
    assert receiver.http.post(f"{receiver.receiver_url}/webhooks/shopify").status_code == 404


def test_endless_heads_do_not_fill_the_memory(receiver: Any) -> None:
    before = memory_bytes(receiver)
    for part in (b"a: b\r\n" * 5_000, b"b" * 30_000):
        with connect(receiver) as stranger, pytest.raises(OSError):  # noqa: PT012 - the server closes at some time
            stranger.sendall(HEAD + b"a: ")
            for _ in range(1_000):
                stranger.sendall(part)
                time.sleep(0.002)
    assert memory_bytes(receiver) - before < GROWTH_BYTES_MAX
    assert receiver.stock_webhook("SKU-0001", 5).status_code == 200


def test_half_sent_requests_are_bounded_and_end(receiver: Any) -> None:
    strangers = [connect(receiver) for _ in range(250)]
    for stranger in strangers:
        stranger.sendall(HEAD)
    receiver.wait_until(lambda: open_sockets(receiver) <= 200, "those over the limit are closed")
    receiver.wait_until(lambda: open_sockets(receiver) == 0, "no head came to its end")
    for stranger in strangers:
        stranger.close()
    text = receiver.http.get(f"{receiver.receiver_url}/metrics").text
    for reason, least in (("too_slow", 150), ("too_many_connections", 50)):
        line = next(
            line for line in text.splitlines() if line.startswith("reference_requests_refused") and reason in line
        )
        assert float(line.split()[-1]) >= least
    assert receiver.stock_webhook("SKU-0001", 5).status_code == 200


def test_log_lines_of_malformed_requests_are_sampled(receiver: Any) -> None:
    for _ in range(GARBAGE):
        with connect(receiver) as stranger:
            stranger.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
            assert stranger.recv(100).startswith(b"HTTP/1.1 400 ")
    receiver.stop("receiver")
    lines = [json.loads(line) for line in (receiver.folder / "receiver.log").read_text().splitlines()]
    left_out = sum(line["count"] for line in lines if line["event"] == "lines_left_out")
    told = sum("malformed" in line["event"] for line in lines)
    assert (told + left_out, len(lines) < 100) == (GARBAGE, True)


@pytest.mark.parametrize(
    "raw",
    [b"[" * 100_000 + b"]" * 100_000, b'{"id":1,"note":"\xff"}', b'{"id":' + b"9" * 5_000 + b"}", b'{"id":', b""],
    ids=["deep", "not UTF-8", "a huge integer", "half a text", "nothing"],
)
def test_a_signed_body_that_nobody_can_read_is_taken_and_never_sent_again(receiver: Any, raw: bytes) -> None:
    assert receiver.signed("orders/create", raw).status_code == 200
