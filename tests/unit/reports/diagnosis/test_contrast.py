"""A common trait is claimed only where chance does not explain it."""

import random

from stockstorm.reports.diagnosis.contrast import Traits, chance, clusters
from stockstorm.reports.diagnosis.traits import Trait


def items(count: int, *traits: Trait) -> list[Traits]:
    return [frozenset(traits)] * count


RED, BLUE, OLD = Trait("topic", "red"), Trait("topic", "blue"), Trait("copies")


def test_a_trait_of_all_bad_ones_that_no_good_one_has() -> None:
    (found,) = clusters(items(41, RED), items(900, BLUE))
    assert (found.traits, found.bad, found.bad_of, found.good, found.good_of) == ((RED,), 41, 41, 0, 900)
    assert found.total


def test_two_bad_ones_are_enough_among_many_and_one_is_not() -> None:
    assert clusters(items(2, RED), items(500, BLUE))
    assert not clusters(items(1, RED), items(500, BLUE))
    assert not clusters(items(2, RED), items(10, BLUE))


def test_a_trait_that_good_ones_have_as_often_is_none() -> None:
    assert not clusters(items(50, RED), items(900, RED))
    assert not clusters(items(50, RED), [])
    assert not clusters([], items(9, RED))


def test_two_traits_together_where_neither_alone_tells_them_apart() -> None:
    good = items(200, RED) + items(200, OLD) + items(200, BLUE)
    (found,) = clusters(items(20, RED, OLD), good)
    assert set(found.traits) == {RED, OLD}
    assert (found.bad, found.good) == (20, 0)


def test_two_separate_causes_are_two_clusters() -> None:
    found = clusters(items(30, RED) + items(20, OLD), items(900, BLUE))
    assert [(one.traits, one.bad, one.bad_of) for one in found] == [((RED,), 30, 50), ((OLD,), 20, 50)]


def test_traits_that_tell_equally_well_are_both_named() -> None:
    (found,) = clusters(items(30, RED, OLD), items(300, BLUE))
    assert found.traits == (RED,)
    assert found.equal == (OLD,)


def test_noise_is_seldom_called_a_cause() -> None:
    dice = random.Random(3)
    traits = [Trait("sku", str(number)) for number in range(40)]

    def some() -> Traits:
        return frozenset(trait for trait in traits if dice.random() < 0.1)

    wrong = sum(bool(clusters([some() for _ in range(8)], [some() for _ in range(400)])) for _ in range(200))
    assert wrong <= 4


def test_chance_is_that_of_the_hypergeometric_distribution() -> None:
    assert chance(0, 5, 5, 10) == 0.0
    assert round(2.718281828 ** chance(5, 5, 5, 10), 6) == round(1 / 252, 6)
