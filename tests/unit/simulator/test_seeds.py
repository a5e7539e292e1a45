import re

import pytest

from stockstorm.simulator.seeds import Seeds


def test_a_stream_is_the_same_for_the_same_seed_and_name() -> None:
    assert [Seeds(7).stream("arrivals").random() for _ in range(3)] == [Seeds(7).stream("arrivals").random()] * 3


def test_streams_of_other_names_or_seeds_differ() -> None:
    drawn = {Seeds(seed).stream(name).random() for seed in (1, 2, -1) for name in ("a", "b")}
    assert len(drawn) == 6


def test_drawing_from_one_stream_changes_nothing_in_another() -> None:
    seeds = Seeds(3)
    first = seeds.stream("a")
    before = seeds.stream("b").random()
    first.random()
    assert seeds.stream("b").random() == before


def test_a_draw_depends_on_its_key_alone() -> None:
    seeds = Seeds(3)
    drawn = seeds.draw("fate", 12, "orders/create", 1)
    seeds.draw("fate", 13, "orders/create", 1)
    assert seeds.draw("fate", 12, "orders/create", 1) == drawn == Seeds(3).draw("fate", 12, "orders/create", 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("n", 1), ("n", "1")),
        (("n", "ab", "c"), ("n", "a", "bc")),
        (("n", "a,b"), ("n", "a", "b")),
        (("n",), ("n", "")),
    ],
)
def test_similar_keys_give_different_draws(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert Seeds(1).draw(*one) != Seeds(1).draw(*other)


def test_draws_are_uniform() -> None:
    seeds = Seeds(5)
    drawn = [value for n in range(1_000) for value in seeds.draws("uniform", n)]
    assert all(0 <= value < 1 for value in drawn)
    for tenth in range(10):
        within = sum(tenth / 10 <= value < (tenth + 1) / 10 for value in drawn)
        assert 700 < within < 900


def test_the_first_of_eight_draws_equals_the_single_draw() -> None:
    assert Seeds(2).draws("x", 1)[0] == Seeds(2).draw("x", 1)


def test_an_integer_draw_uses_all_its_bits_and_no_more() -> None:
    seeds = Seeds(2)
    assert all(0 <= seeds.draw_int("x", n, bits=4) < 16 for n in range(200))
    assert {seeds.draw_int("x", n, bits=4) for n in range(200)} == set(range(16))
    assert seeds.draw_int("x", 0, bits=512).bit_length() > 480


@pytest.mark.parametrize("bits", [0, 513])
def test_an_integer_draw_refuses_an_invalid_width(bits: int) -> None:
    with pytest.raises(ValueError, match="bits"):
        Seeds(2).draw_int("x", bits=bits)


def test_a_uuid_has_the_usual_spelling_and_follows_from_its_key() -> None:
    spelled = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}")
    seeds = Seeds(9)
    ids = {seeds.uuid("event", n) for n in range(100)}
    assert len(ids) == 100
    assert all(spelled.fullmatch(one) for one in ids)
    assert Seeds(9).uuid("event", 4) == seeds.uuid("event", 4)
