"""Money is written in decimals, never in floating point."""

import msgspec
import pytest

from stockstorm.simulator.events.encoding import KEPT_MAX, Money, amount, number


@pytest.mark.parametrize(
    ("minor", "text"), [(0, "0.00"), (5, "0.05"), (5150, "51.50"), (100_000_000, "1000000.00"), (-5, "-0.05")]
)
def test_an_amount_has_two_decimals(minor: int, text: str) -> None:
    assert amount(minor) == text


def test_a_number_keeps_its_trailing_zero() -> None:
    assert msgspec.json.encode({"subtotal": number(5150)}) == b'{"subtotal":51.50}'


def test_a_set_shows_the_amount_in_both_moneys() -> None:
    money = msgspec.json.decode(Money("EUR").in_both(1999))
    assert money == {
        "shop_money": {"amount": "19.99", "currency_code": "EUR"},
        "presentment_money": {"amount": "19.99", "currency_code": "EUR"},
    }


def test_the_memory_of_sets_is_bounded() -> None:
    money = Money("GBP")
    for minor in range(KEPT_MAX + 10):
        money.in_both(minor)
    assert len(money._sets) <= KEPT_MAX
    assert b'"0.03"' in bytes(money.in_both(3))
