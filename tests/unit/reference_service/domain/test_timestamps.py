"""RFC 3339 times with nanoseconds."""

import pytest

from stockstorm.reference_service.domain.timestamps import nanoseconds_of, nanoseconds_or_none


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("2023-03-29T18:00:27.877041743Z", 1680112827_877041743),
        ("2023-03-29T20:00:27.877041743+02:00", 1680112827_877041743),
        ("2021-12-31T19:00:00-05:00", 1640995200_000000000),
        ("1970-01-01T00:00:00.5Z", 500_000_000),
    ],
)
def test_a_time_is_parsed_to_nanoseconds_since_the_epoch(text: str, expected: int) -> None:
    assert nanoseconds_of(text) == expected


@pytest.mark.parametrize("text", ["9999-01-01T00:00:00Z", "0001-01-01T00:00:00+23:00", "1969-12-31T23:59:59Z"])
def test_a_header_time_before_the_epoch_or_beyond_a_bigint_is_none(text: str) -> None:
    assert nanoseconds_or_none(text) is None


@pytest.mark.parametrize("text", ["", "yesterday", "2023-03-29T18:00:27", "2023-03-29T18:00:27.Z", "2023-03-29"])
def test_a_text_that_is_no_time_with_an_offset_is_refused(text: str) -> None:
    assert nanoseconds_or_none(text) is None
    with pytest.raises(ValueError):
        nanoseconds_of(text)
