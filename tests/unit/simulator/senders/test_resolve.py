"""URIs to addresses, hosts to endpoints."""

import pytest

from simulator.errors import SubjectError
from simulator.senders import Address
from simulator.senders.resolve import AddressBook, Endpoint

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
    assert AddressBook()(uri) == address


@pytest.mark.parametrize("uri", ["ftp://host/x", "host:80/x", "http:///x", "http://host:port/", "http://host:99999/"])
def test_what_is_no_web_address_is_refused_with_a_remedy(uri: str) -> None:
    with pytest.raises(SubjectError, match="http://HOST:PORT/PATH"):
        AddressBook()(uri)


def test_a_uri_is_parsed_once() -> None:
    book = AddressBook()
    assert book("http://a/x") is book("http://a/x")


def test_a_host_is_looked_up_once_and_what_answered_comes_first_from_then_on() -> None:
    asked: list[tuple[str, int]] = []

    def look(host: str, port: int) -> list[Endpoint]:
        asked.append((host, port))
        return [V6, V4]

    book = AddressBook(look)
    assert book.endpoints("localhost", 80) == [V6, V4]
    book.prefer("localhost", 80, V4)
    assert book.endpoints("localhost", 80) == [V4, V6]
    assert asked == [("localhost", 80)]


def test_a_host_that_nobody_knows_is_an_error_with_a_remedy() -> None:
    def look(host: str, port: int) -> list[Endpoint]:
        raise OSError(-2, "Name or service not known")

    with pytest.raises(SubjectError, match="not to be found"):
        AddressBook(look).endpoints("nowhere.invalid", 80)
