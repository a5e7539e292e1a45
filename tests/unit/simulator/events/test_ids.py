"""Derived ids are stable, 64-bit and beyond what a double holds."""

from stockstorm.simulator.events.encoding import derived_id, derived_token


def test_an_id_is_the_same_each_time_and_differs_by_kind_and_part() -> None:
    ids = [
        derived_id("address", 1),
        derived_id("address", 2),
        derived_id("shipping_line", 1),
        derived_id("address", 1, 2),
    ]
    assert derived_id("address", 1) == ids[0]
    assert len(set(ids)) == len(ids)


def test_an_id_does_not_survive_a_double_and_fits_in_63_bits() -> None:
    ids = [derived_id("transaction", n) for n in range(200)]
    assert all(2**62 <= each < 2**63 for each in ids)
    assert any(int(float(each)) != each for each in ids)


def test_a_token_is_32_hexadecimal_digits() -> None:
    token = derived_token("order", 7)
    assert len(token) == 32
    assert int(token, 16) >= 0
    assert token != derived_token("order", 8)
