"""JSON text, money, times, derived ids and signatures are written as Shopify writes them."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.events.encoding import (
    CACHED_MAX,
    Money,
    Times,
    amount,
    derived_id,
    derived_token,
    escaped,
    matches,
    number,
    sign,
)
from tests.literal_shop import START_NS, WALL


def test_slash_ampersand_and_angle_brackets_are_escaped_and_letters_are_raw() -> None:
    text = json.dumps({"t": "Café & <b>1/2</b>"}, ensure_ascii=False).encode()
    assert escaped(text) == r'{"t": "Café \u0026 \u003cb\u003e1\/2\u003c\/b\u003e"}'.encode()


def test_escaped_text_parses_to_the_same_value_even_after_a_backslash() -> None:
    value = {"a/b": 'back\\slash\\/ and "quotes" & more', "n": 51.5}
    assert json.loads(escaped(json.dumps(value).encode())) == value


@pytest.mark.parametrize(
    ("minor", "text"), [(0, "0.00"), (5, "0.05"), (5150, "51.50"), (100_000_000, "1000000.00"), (-5, "-0.05")]
)
def test_an_amount_has_two_decimals(minor: int, text: str) -> None:
    assert amount(minor) == text


def test_a_number_keeps_its_trailing_zero() -> None:
    assert msgspec.json.encode({"subtotal": number(5150)}) == b'{"subtotal":51.50}'


def test_a_money_set_has_the_amount_twice() -> None:
    money = msgspec.json.decode(Money("EUR").in_both(1999))
    assert money == {
        "shop_money": {"amount": "19.99", "currency_code": "EUR"},
        "presentment_money": {"amount": "19.99", "currency_code": "EUR"},
    }


def test_the_cache_of_money_sets_is_bounded() -> None:
    money = Money("GBP")
    for minor in range(CACHED_MAX + 10):
        money.in_both(minor)
    assert len(money._sets) <= CACHED_MAX
    assert b'"0.03"' in bytes(money.in_both(3))


def test_payload_times_are_whole_seconds_with_the_shop_s_offset() -> None:
    assert Times(WALL).shop(START_NS) == "2026-11-24T07:05:00-05:00"


def test_the_header_s_time_is_utc_with_nine_decimals() -> None:
    times = Times(WALL)
    assert times.utc(START_NS) == "2026-11-24T12:05:00.877041743Z"
    assert times.utc(START_NS + 122_958_258) == "2026-11-24T12:05:01.000000001Z"


def test_a_cached_second_is_not_used_for_another_time() -> None:
    times = Times(WALL, timezone(timedelta(hours=1)))
    later = START_NS + 3600 * SECOND_NS
    assert [times.shop(START_NS), times.shop(later), times.shop(START_NS)] == [
        "2026-11-24T13:05:00+01:00",
        "2026-11-24T14:05:00+01:00",
        "2026-11-24T13:05:00+01:00",
    ]


def test_both_formats_show_the_same_second() -> None:
    times = Times(WALL)
    shop, utc = datetime.fromisoformat(times.shop(START_NS)), datetime.fromisoformat(times.utc(START_NS))
    assert shop.astimezone(UTC) == utc.replace(microsecond=0)


def test_an_id_is_the_same_each_time_and_differs_by_kind_and_part() -> None:
    ids = [
        derived_id("address", 1),
        derived_id("address", 2),
        derived_id("shipping_line", 1),
        derived_id("address", 1, 2),
    ]
    assert derived_id("address", 1) == ids[0]
    assert len(set(ids)) == len(ids)


def test_an_id_has_14_digits_as_in_live_shops() -> None:
    ids = [derived_id("transaction", n) for n in range(200)]
    assert {len(str(each)) for each in ids} == {14}


def test_an_id_beside_big_ids_is_big_itself_and_lost_in_a_double() -> None:
    ids = [derived_id("transaction", 2**53 + 1 + n) for n in range(200)]
    assert all(2**53 < each < 2**63 and int(float(each)) != each for each in ids)


def test_a_token_is_32_hexadecimal_digits() -> None:
    token = derived_token("order", 7)
    assert len(token) == 32
    assert int(token, 16) >= 0
    assert token != derived_token("order", 8)


SECRET, BODY = b"hush", '{"a":"é\\/"}'.encode()


def test_the_signature_is_base64_of_hmac_sha256_of_the_body() -> None:
    assert sign(SECRET, BODY) == base64.b64encode(hmac.new(SECRET, BODY, hashlib.sha256).digest()).decode()


def test_only_the_same_body_under_the_same_key_matches() -> None:
    signature = sign(SECRET, BODY)
    assert matches(SECRET, BODY, signature)
    assert not matches(SECRET, BODY + b" ", signature)
    assert not matches(b"other", BODY, signature)
    assert not matches(SECRET, BODY, "")
    assert not matches(SECRET, BODY, "é")
