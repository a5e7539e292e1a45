"""Opening connections and counting them."""

import errno
import socket
import time

import pytest

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.delivery.attempts import Address
from stockstorm.simulator.io.senders import wire
from stockstorm.simulator.io.senders.resolver import Endpoint, Resolver
from stockstorm.simulator.io.senders.wire import Connector, WireError


def unknown(_host: str, _port: int) -> list[Endpoint]:
    raise OSError(-2, "Name or service not known")


def connector(resolver: Resolver) -> Connector:
    return Connector(time.monotonic_ns, resolver, None, SECOND_NS)


def test_a_host_without_an_address_is_no_refusal_and_not_counted_as_open() -> None:
    opening = connector(Resolver(unknown))
    with pytest.raises(WireError) as caught:
        opening.open(Address("nowhere.invalid", 80, "/"), time.monotonic_ns() + SECOND_NS)
    assert (caught.value.kind, opening.count, opening.peak) == ("unknown_host", 0, 1)


def test_the_endpoint_that_accepted_is_tried_first_from_then_on() -> None:
    with socket.socket() as closed, socket.socket() as listening:
        closed.bind(("127.0.0.1", 0))
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        refusing: Endpoint = (socket.AF_INET, closed.getsockname())
        accepting: Endpoint = (socket.AF_INET, listening.getsockname())
        resolver = Resolver(lambda _host, _port: [refusing, accepting])
        opening = connector(resolver)
        made = opening.open(Address("shop", 80, "/"), time.monotonic_ns() + SECOND_NS)
        assert resolver.endpoints("shop", 80) == [accepting, refusing]
        assert (opening.count, opening.peak) == (1, 1)
        made.close()
        opening.closed()
        assert (opening.count, opening.peak) == (0, 1)


def test_no_time_left_is_a_connect_timeout_and_nothing_stays_open() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        resolver = Resolver(lambda _host, _port: [(socket.AF_INET, full.getsockname())])
        opening = connector(resolver)
        expired_ns = time.monotonic_ns()  # the time is up, whether or not the kernel still accepts
        with pytest.raises(WireError, match="connect_timeout"):
            opening.open(Address("shop", 80, "/"), expired_ns)
        assert opening.count == 0


def kind_of(*codes: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """How a host fails whose endpoints answer a connect with these errors."""
    left = list(codes)
    monkeypatch.setattr(wire, "_connected", lambda *_: left.pop(0))
    endpoint: Endpoint = (socket.AF_INET, ("127.0.0.1", 9))
    opening = connector(Resolver(lambda _host, _port: [endpoint] * len(codes)))
    with pytest.raises(WireError) as caught:
        opening.open(Address("shop", 80, "/"), time.monotonic_ns() + SECOND_NS)
    return caught.value.kind


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        ((errno.ECONNREFUSED,), "connect_refused"),
        ((errno.EHOSTUNREACH,), "no_route"),
        ((errno.ENETUNREACH, errno.ECONNREFUSED), "connect_refused"),
        ((errno.ENETUNREACH, errno.ETIMEDOUT), "connect_timeout"),
    ],
)
def test_a_connection_that_is_not_made_says_why(
    codes: tuple[int, ...], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kind_of(*codes, monkeypatch=monkeypatch) == kind
