from bisect import bisect_right

import pytest

from stockstorm.simulator.model import Sku
from stockstorm.simulator.plan.drafts import Draft, Rank, delay_s, numbered, steps, zipf_steps
from stockstorm.simulator.plan.items import PlannedPhase, PlannedProductEdit


def test_items_are_numbered_in_the_sequence_of_their_times_with_causes_first() -> None:
    drafts = [
        Draft(5, Rank.PRODUCT_EDIT, 1, 1, PlannedProductEdit, (Sku("B"),)),
        Draft(5, Rank.PRODUCT_EDIT, 0, 1, PlannedProductEdit, (Sku("A"),)),
        Draft(5, Rank.PHASE, 0, 0, PlannedPhase, ("late",)),
        Draft(0, Rank.PHASE, 1, 0, PlannedPhase, ("early",)),
    ]
    assert numbered(drafts) == (
        PlannedPhase(0, 0, "early"),
        PlannedPhase(5, 1, "late"),
        PlannedProductEdit(5, 2, Sku("A")),
        PlannedProductEdit(5, 3, Sku("B")),
    )


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
