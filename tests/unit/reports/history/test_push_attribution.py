"""The change that a pushed quantity includes, compared with a plain search over every change."""

import random

from stockstorm.reports.history.push_attribution import NOTHING, Curve


def test_a_quantity_is_read_at_the_last_change_that_left_it() -> None:
    curve = Curve.of([0, 10, 20, 30], [10, 9, 10, 8])
    assert curve.known_by(10, 25) == 20
    assert curve.known_by(9, 15) == 10
    assert curve.known_by(8, 99) == 30


def test_a_quantity_that_the_curve_skipped_includes_the_change_before() -> None:
    assert Curve.of([0, 10], [10, 6]).known_by(8, 99) == 0


def test_a_quantity_that_never_occurred_dates_no_change() -> None:
    assert Curve.of([0, 10], [10, 6]).known_by(11, 99) == NOTHING
    assert Curve.of([0, 10], [10, 6]).equal_by(8, 99) == NOTHING


def test_a_negative_quantity_is_listed_as_zero() -> None:
    assert Curve.of([0, 10, 20], [2, -1, -3]).known_by(0, 99) == 20


def plain_search(seqs: list[int], values: list[int], quantity: int, seq: int) -> int:
    shown = [max(0, value) for value in values]
    index = max(n for n, at in enumerate(seqs) if at <= seq)
    above = index
    while index >= 0:
        if min(shown[index], shown[above]) <= quantity <= max(shown[index], shown[above]):
            return seqs[above] if shown[above] == quantity else seqs[index]
        above, index = index, index - 1
    return NOTHING


def test_skipping_whole_blocks_changes_no_attribution() -> None:
    rng = random.Random(5)
    for _ in range(60):
        size = rng.choice((1, 63, 64, 65, 128, 129, 300))
        level, values = 100, []
        for _ in range(size):
            level += rng.choice((-3, -1, -1, 1, 5))
            values.append(level)
        seqs = list(range(0, 2 * size, 2))
        curve = Curve.of(seqs, values)
        for _ in range(40):
            quantity, seq = rng.randrange(-2, 200), rng.randrange(2 * size)
            assert curve.known_by(quantity, seq) == plain_search(seqs, values, quantity, seq)
            exact = [at for at, value in zip(seqs, values, strict=True) if at <= seq and max(0, value) == quantity]
            assert curve.equal_by(quantity, seq) == (exact[-1] if exact else NOTHING)
