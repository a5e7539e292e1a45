"""Bodies that can never be applied are Unusable, whatever is wrong with them."""

import msgspec
import pytest

from stockstorm.reference_service.domain.payloads import ChannelNotification, ShopOrder, Unusable, decode, updated_ns

DEEP = b'{"topic":"order.created","more":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    ("body", "found"),
    [(DEEP, "RecursionError"), (b'{"topic":"\xff"}', "UnicodeDecodeError"), (b'{"topic":5}', "Expected `str`")],
)
def test_the_reason_names_the_error_and_quotes_nothing(body: bytes, found: str) -> None:
    with pytest.raises(Unusable, match=f"^not a ChannelNotification: {found}"):
        decode(body, ChannelNotification)


@pytest.mark.parametrize(
    "body",
    [
        b'{"topic":"order.created","order":{"order_id":"a\\u0000b","lines":[]}}',
        b'{"topic":"order.created","order":{"order_id":"a","lines":[{"sku":"\\u0000","quantity":1}]}}',
    ],
)
def test_a_text_that_postgresql_cannot_store_is_unusable(body: bytes) -> None:
    with pytest.raises(Unusable, match=r"^not a ChannelNotification: a text with U\+0000"):
        decode(body, ChannelNotification)


@pytest.mark.parametrize(
    "body", [b"", b'{"id":1,', b'{"id":1,"updated_at":"x"}}', b'{"id":1,"updated_at":"x","note":"\xff"}']
)
def test_what_is_not_json_as_a_whole_is_unusable_although_its_fields_can_be_read(body: bytes) -> None:
    with pytest.raises(Unusable, match=r"^not a ShopOrder: "):
        decode(body, ShopOrder)


def test_a_part_of_a_fetched_page_is_decoded_as_a_webhook_is() -> None:
    body = msgspec.json.decode(b'{"id":1,"updated_at":"x"}', type=msgspec.Raw)
    assert decode(body, ShopOrder) == ShopOrder(1, "x")


def test_the_same_in_a_field_that_is_not_used_does_no_harm() -> None:
    order = decode(b'{"id":1,"updated_at":"x","name":"\\\\u0000","note":"a\\u0000b"}', ShopOrder)
    assert order.name == "\\u0000"


@pytest.mark.parametrize(
    "text", ["yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z"]
)
def test_a_time_that_is_none_or_does_not_fit_is_unusable(text: str) -> None:
    with pytest.raises(Unusable, match="updated_at is "):
        updated_ns(text)
