"""URIs to addresses, hosts to endpoints."""

import gevent
import pytest

from stockstorm.simulator.delivery.attempts import Address
from stockstorm.simulator.errors import SubjectError
from stockstorm.simulator.io.senders import resolver as resolve
from stockstorm.simulator.io.senders.resolver import Endpoint, Resolver, address_of

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
def test_a_uri_is_taken_apart(uri: str, address: Address) -> None:
    assert Resolver()(uri) == address


@pytest.mark.parametrize("uri", ["ftp://host/x", "host:80/x", "http:///x", "http://host:port/", "http://host:99999/"])
def test_what_is_no_web_address_is_refused_with_a_remedy(uri: str) -> None:
    with pytest.raises(SubjectError, match="http://HOST:PORT/PATH"):
        address_of(uri)


def test_a_bus_that_nobody_publishes_to_has_an_address_without_endpoints_and_is_told_once() -> None:
    told: list[SubjectError] = []
    book = Resolver(tell=told.append)
    for _ in range(3):
        address = book("pubsub://project:topic")
        with pytest.raises(SubjectError, match="nor a bus of this run"):
            book.endpoints(address.host, address.port)
    assert len(told) == 1


def test_a_uri_is_parsed_once() -> None:
    book = Resolver()
    assert book("http://a/x") is book("http://a/x")


def test_a_host_is_looked_up_once_and_what_answered_comes_first_from_then_on() -> None:
    asked: list[tuple[str, int]] = []

    def look(host: str, port: int) -> list[Endpoint]:
        asked.append((host, port))
        return [V6, V4]

    book = Resolver(look)
    assert book.endpoints("localhost", 80) == [V6, V4]
    book.prefer("localhost", 80, V4)
    assert book.endpoints("localhost", 80) == [V4, V6]
    assert asked == [("localhost", 80)]


def test_a_host_that_nobody_knows_is_an_error_with_a_remedy_that_is_told_once() -> None:
    asked: list[str] = []
    told: list[SubjectError] = []

    def look(host: str, port: int) -> list[Endpoint]:
        asked.append(host)
        raise OSError(-2, "Name or service not known")

    book = Resolver(look, told.append)
    for _ in range(3):
        with pytest.raises(SubjectError, match="not to be found"):
            book.endpoints("nowhere.invalid", 80)
    assert (len(asked), len(told)) == (1, 1), "looked up and told once, for the whole run"


def test_whoever_asks_for_a_host_that_is_being_looked_up_waits_for_that_answer() -> None:
    asked: list[str] = []

    def look(host: str, port: int) -> list[Endpoint]:
        asked.append(host)
        gevent.sleep(0.01)
        return [V4]

    book = Resolver(look)
    greenlets = [gevent.spawn(book.endpoints, "shop", 80) for _ in range(5)]
    gevent.joinall(greenlets)
    assert [greenlet.value for greenlet in greenlets] == [[V4]] * 5
    assert asked == ["shop"]


def test_a_resolver_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(host: str, port: int) -> list[Endpoint]:
        gevent.sleep(60)
        return [V4]

    monkeypatch.setattr(resolve, "LOOKUP_WITHIN_S", 0.01)
    with pytest.raises(SubjectError, match=r"no answer within 0\.01 s"):
        Resolver(look).endpoints("shop", 80)
