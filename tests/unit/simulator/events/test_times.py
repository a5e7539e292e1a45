"""Times are wall times of monotonic ones, in Shopify's two spellings."""

from datetime import UTC, datetime, timedelta, timezone

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.events.encoding import Times
from tests.literal_shop import START_NS, WALL


def test_payload_times_are_whole_seconds_with_the_shop_s_offset() -> None:
    assert Times(WALL).shop(START_NS) == "2026-11-24T07:05:00-05:00"


def test_the_header_s_time_is_utc_with_nine_decimals() -> None:
    times = Times(WALL)
    assert times.utc(START_NS) == "2026-11-24T12:05:00.877041743Z"
    assert times.utc(START_NS + 122_958_258) == "2026-11-24T12:05:01.000000001Z"


def test_a_second_that_was_written_before_is_not_written_for_another_time() -> None:
    times = Times(WALL, timezone(timedelta(hours=1)))
    later = START_NS + 3600 * SECOND_NS
    assert [times.shop(START_NS), times.shop(later), times.shop(START_NS)] == [
        "2026-11-24T13:05:00+01:00",
        "2026-11-24T14:05:00+01:00",
        "2026-11-24T13:05:00+01:00",
    ]


def test_both_spellings_name_the_same_second() -> None:
    times = Times(WALL)
    shop, utc = datetime.fromisoformat(times.shop(START_NS)), datetime.fromisoformat(times.utc(START_NS))
    assert shop.astimezone(UTC) == utc.replace(microsecond=0)
