from bisect import bisect_right
from itertools import count

import pytest

from stockstorm.simulator.model import Sku
from stockstorm.simulator.plan.drafts import Draft, Rank, delay_s, in_order, steps, zipf_steps
from stockstorm.simulator.plan.items import PlannedPhase, PlannedProductEdit


def edit(offset_ns: int, tie: int) -> Draft:
    return Draft(offset_ns, Rank.PRODUCT_EDIT, tie, 1, PlannedProductEdit, (Sku("A"),))


def phase(offset_ns: int, tie: int) -> Draft:
    return Draft(offset_ns, Rank.PHASE, tie, 0, PlannedPhase, ("a",))


def test_causes_and_their_effects_come_in_the_sequence_of_their_times_with_causes_first() -> None:
    groups = [[phase(0, 0), edit(9, 0), edit(0, 1)], [phase(5, 1)], [phase(9, 2), edit(9, 3)], [phase(9, 4)]]
    assert list(in_order(groups)) == sorted(draft for group in groups for draft in group)


def test_only_effects_that_are_still_to_come_are_held_back() -> None:
    drafts = in_order([phase(n, n), edit(n + 1, n)] for n in count())
    assert [next(drafts).offset_ns for _ in range(5)] == [0, 1, 1, 2, 2]


def test_a_draft_becomes_an_item_with_its_number() -> None:
    assert phase(5, 1).item(7) == PlannedPhase(5, 7, "a")


def test_delays_are_exponential_with_their_mean_and_cut_at_five_means() -> None:
    delays = [delay_s(2.0, (n + 0.5) / 10_000) for n in range(10_000)]
    assert sum(delays) / len(delays) == pytest.approx(2.0, rel=0.01)
    assert sorted(delays)[5_000] == pytest.approx(2.0 * 0.693, rel=0.01)
    assert max(delays) == 10.0


def test_a_mean_of_zero_gives_no_delay() -> None:
    assert delay_s(0.0, 0.99) == 0


def test_zipfs_first_rank_is_twice_as_popular_as_its_second() -> None:
    shares = zipf_steps(100, 1.0)
    assert shares[0] == pytest.approx(2 * (shares[1] - shares[0]))
    assert (len(shares), shares[-1]) == (100, 1.0)


def test_exponent_0_makes_all_ranks_alike() -> None:
    assert zipf_steps(4, 0.0) == [0.25, 0.5, 0.75, 1.0]


def test_the_largest_draw_finds_the_last_step() -> None:
    shares = steps([0.1] * 7)
    assert bisect_right(shares, 1 - 2**-53) == 6
    assert steps([]) == []
