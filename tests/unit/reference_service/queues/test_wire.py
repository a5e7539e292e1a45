"""A webhook on its way through a broker."""

import pytest

from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.queues.base import PACK_FROM_BYTES, Message, Unreadable, of_wire, to_wire

SPACED = b'{ "id": 9007199254740993, "note": "Gr\xc3\xb6\xc3\x9fe" , "price": 1.10}'


def message(body: bytes) -> Message:
    return Message(WorkType.SHOP, "shopify", "w-1", "orders/create", 1_764_000_000_123_456_789, 7, body)


@pytest.mark.parametrize(
    "body",
    [SPACED, b'{"x":"\xef\xbf\xbf"}', b'{"x":"' + b"y" * PACK_FROM_BYTES + b'"}', b"[]"],
    ids=["as it is", "no XML", "large", "small"],
)
def test_a_message_comes_back_byte_for_byte(body: bytes) -> None:
    assert of_wire(to_wire(message(body))) == message(body)


def test_a_body_travels_as_it_is_unless_it_has_to_be_packed() -> None:
    assert SPACED in to_wire(message(SPACED))
    assert b"\xef\xbf\xbf" not in to_wire(message(b'{"x":"\xef\xbf\xbf"}'))
    assert len(to_wire(message(b'{"x":"' + b"y" * PACK_FROM_BYTES + b'"}'))) < 2_000


@pytest.mark.parametrize("raw", [b"", b"hello", b'{"work_type":9}', b'{"hello":"you"}'])
def test_what_we_did_not_send_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        of_wire(raw)


def test_a_damaged_packed_body_is_unreadable() -> None:
    raw = to_wire(message(b'{"x":"' + b"y" * PACK_FROM_BYTES + b'"}'))
    with pytest.raises(Unreadable):
        of_wire(raw.replace(b'"packed":"', b'"packed":"AAAA'))
