"""Bodies that can never be applied are Unusable, whatever is wrong with them."""

import pytest

from stockstorm.reference_service.domain.payloads import ChannelNotification, Unusable, decode

DEEP = b'{"topic":"order.created","more":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    ("body", "found"),
    [(DEEP, "RecursionError"), (b'{"topic":"\xff"}', "UnicodeDecodeError"), (b'{"topic":5}', "Expected `str`")],
)
def test_the_reason_names_the_error_and_quotes_nothing(body: bytes, found: str) -> None:
    with pytest.raises(Unusable, match=f"^not a ChannelNotification: {found}"):
        decode(body, ChannelNotification)
