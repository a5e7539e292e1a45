"""URIs to addresses, hosts to endpoints."""

import gevent
import pytest

from stockstorm.simulator.delivery.attempts import Address
from stockstorm.simulator.errors import SubjectError
from stockstorm.simulator.io.senders import resolver as resolver_module
from stockstorm.simulator.io.senders.resolver import Endpoint, Resolver, address_of, only_hosts

V6: Endpoint = (10, ("::1", 80, 0, 0))
V4: Endpoint = (2, ("127.0.0.1", 80))


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("http://127.0.0.1:8080/webhooks/shopify", Address("127.0.0.1", 8080, "/webhooks/shopify")),
        ("http://localhost", Address("localhost", 80, "/")),
        ("https://shop.example/hooks?tenant=7&x=", Address("shop.example", 443, "/hooks?tenant=7&x=", tls=True)),
        ("http://[::1]:9000/w", Address("::1", 9000, "/w")),
    ],
)
def test_a_uri_is_parsed(uri: str, address: Address) -> None:
    assert Resolver()(uri) == address


@pytest.mark.parametrize("uri", ["ftp://host/x", "host:80/x", "http:///x", "http://host:port/", "http://host:99999/"])
def test_a_uri_that_is_no_web_address_is_an_error_with_a_remedy(uri: str) -> None:
    with pytest.raises(SubjectError, match="http://HOST:PORT/PATH"):
        address_of(uri)


def test_a_bus_that_nobody_publishes_to_has_no_endpoints_and_is_reported_once() -> None:
    reported: list[SubjectError] = []
    resolver = Resolver(on_error=reported.append)
    for _ in range(3):
        address = resolver("pubsub://project:topic")
        with pytest.raises(SubjectError, match="nor a bus of this run"):
            resolver.endpoints(address.host, address.port)
    assert len(reported) == 1


def test_a_host_that_is_not_this_machine_gets_nothing_unless_it_was_allowed_by_name() -> None:
    elsewhere: list[Endpoint] = [(2, ("192.0.2.7", 80))]
    here: list[Endpoint] = [V6, V4]

    def look(host: str, _port: int) -> list[Endpoint]:
        return here if host == "localhost" else elsewhere

    reported: list[SubjectError] = []
    resolver = Resolver(only_hosts(["staging.example"], look), on_error=reported.append)
    assert resolver.endpoints("localhost", 80) == here
    assert resolver.endpoints("staging.example", 80) == elsewhere
    for _ in range(2):
        with pytest.raises(SubjectError, match=r"--allow-host shop\.example"):
            resolver.endpoints("shop.example", 80)
    assert [error.where for error in reported] == ["shop.example:80"]


def test_a_uri_is_parsed_once() -> None:
    resolver = Resolver()
    assert resolver("http://a/x") is resolver("http://a/x")


def test_a_host_is_looked_up_once_and_the_preferred_endpoint_comes_first_from_then_on() -> None:
    lookups: list[tuple[str, int]] = []

    def look(host: str, port: int) -> list[Endpoint]:
        lookups.append((host, port))
        return [V6, V4]

    resolver = Resolver(look)
    assert resolver.endpoints("localhost", 80) == [V6, V4]
    resolver.prefer("localhost", 80, V4)
    assert resolver.endpoints("localhost", 80) == [V4, V6]
    assert lookups == [("localhost", 80)]


def test_an_unknown_host_is_an_error_with_a_remedy_that_is_reported_once() -> None:
    lookups: list[str] = []
    reported: list[SubjectError] = []

    def look(host: str, port: int) -> list[Endpoint]:
        lookups.append(host)
        raise OSError(-2, "Name or service not known")

    resolver = Resolver(look, reported.append)
    for _ in range(3):
        with pytest.raises(SubjectError, match="cannot be found"):
            resolver.endpoints("nowhere.invalid", 80)
    assert (len(lookups), len(reported)) == (1, 1), "looked up and reported once in a run"


def test_concurrent_requests_for_a_host_wait_for_one_lookup() -> None:
    lookups: list[str] = []

    def look(host: str, port: int) -> list[Endpoint]:
        lookups.append(host)
        gevent.sleep(0.01)
        return [V4]

    resolver = Resolver(look)
    greenlets = [gevent.spawn(resolver.endpoints, "shop", 80) for _ in range(5)]
    gevent.joinall(greenlets)
    assert [greenlet.value for greenlet in greenlets] == [[V4]] * 5
    assert lookups == ["shop"]


def test_a_lookup_without_an_answer_ends_after_its_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(host: str, port: int) -> list[Endpoint]:
        gevent.sleep(60)
        return [V4]

    monkeypatch.setattr(resolver_module, "LOOKUP_WITHIN_S", 0.01)
    with pytest.raises(SubjectError, match=r"no answer within 0\.01 s"):
        Resolver(look).endpoints("shop", 80)
