"""The byte format of messages that travel through a broker."""

import pytest

from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.queues.base import (
    COMPRESS_FROM_BYTES,
    Message,
    Unreadable,
    decode_message,
    encode_message,
)

SPACED = b'{ "id": 9007199254740993, "note": "Gr\xc3\xb6\xc3\x9fe" , "price": 1.10}'


def message(body: bytes) -> Message:
    return Message(WorkType.SHOP, "shopify", "w-1", "orders/create", 1_764_000_000_123_456_789, 7, body)


@pytest.mark.parametrize(
    "body",
    [
        SPACED,
        b'{"x":"\xef\xbf\xbf"}',
        b'{"x":"' + b"y" * COMPRESS_FROM_BYTES + b'"}',
        b"[]",
        b"",
        b'{"id":',
        b'{"id":1}}',
        b'{"x":"\xff"}',
        b"[" * 100_000,
        b'{"id":' + b"9" * 5_000 + b"}",
    ],
    ids=["unchanged", "not XML", "large", "small", "empty", "cut", "too long", "not UTF-8", "deep", "huge integer"],
)
def test_a_message_is_decoded_byte_for_byte(body: bytes) -> None:
    assert decode_message(encode_message(message(body)).decode().encode()) == message(body)


def test_a_body_is_unchanged_unless_it_has_to_be_compressed() -> None:
    assert SPACED in encode_message(message(SPACED))
    assert b"\xef\xbf\xbf" not in encode_message(message(b'{"x":"\xef\xbf\xbf"}'))
    assert len(encode_message(message(b'{"x":"' + b"y" * COMPRESS_FROM_BYTES + b'"}'))) < 2_000


@pytest.mark.parametrize("raw", [b"", b"hello", b'{"work_type":9}', b'{"hello":"you"}'])
def test_a_foreign_message_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        decode_message(raw)


def test_a_damaged_compressed_body_is_unreadable() -> None:
    raw = encode_message(message(b'{"x":"' + b"y" * COMPRESS_FROM_BYTES + b'"}'))
    with pytest.raises(Unreadable):
        decode_message(raw.replace(b'"packed":"', b'"packed":"AAAA'))
