"""Quantiles by nearest rank, and their intervals by block bootstrap."""

import math
import random

import pytest

from stockstorm.reports.result import Interval
from stockstorm.reports.statistics.bootstrap import REDRAWS, Resampler, quantile_interval
from stockstorm.reports.statistics.quantiles import quantile, quantiles
from stockstorm.reports.statistics.samples import Samples
from stockstorm.simulator.clock import SECOND_NS


def test_a_quantile_is_one_of_the_samples() -> None:
    samples = [1.0, 2.0, 3.0, 4.0]
    assert [quantile(samples, share) for share in (0.25, 0.5, 0.51, 1.0)] == [1.0, 2.0, 3.0, 4.0]


def test_rounding_does_not_shift_the_quantile_of_twenty_samples() -> None:
    assert quantile([float(n) for n in range(1, 21)], 0.95) == 19.0


def test_no_samples_have_no_quantile() -> None:
    with pytest.raises(ValueError, match="without samples"):
        quantile([], 0.5)
    assert quantiles("x", []) == {}


def test_infinity_is_a_value_like_any_other() -> None:
    assert quantiles("x", [math.inf, 1.0]) == {"x.p50": 1.0, "x.p95": math.inf, "x.p99": math.inf, "x.max": math.inf}


def noisy(seconds: int, seed: int = 1) -> list[tuple[int, float]]:
    rng = random.Random(seed)
    return [(n * SECOND_NS // 50, rng.expovariate(0.01)) for n in range(50 * seconds)]


def test_fewer_than_twenty_blocks_of_a_second_give_no_bounds() -> None:
    found = quantile_interval(noisy(19), 0.95, 1, "x")
    assert found is not None
    assert (found.low, found.high) == (None, None)


def test_no_samples_give_no_interval() -> None:
    assert quantile_interval([], 0.95, 1, "x") is None


def test_the_interval_depends_only_on_samples_and_seed() -> None:
    samples = noisy(60)
    assert quantile_interval(samples, 0.95, 1, "x") == quantile_interval(samples, 0.95, 1, "x")
    assert len({str(quantile_interval(samples, 0.95, seed, "x")) for seed in range(5)}) > 1


def test_the_interval_covers_the_truth_nearly_as_often_as_its_level() -> None:
    truth = -100 * math.log(0.05)
    hits = 0
    for seed in range(40):
        found = quantile_interval(noisy(40, seed), 0.95, seed, "x")
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= truth <= found.high
    assert hits >= 34


def test_correlated_samples_widen_the_interval() -> None:
    rng = random.Random(3)
    levels = [rng.expovariate(0.01) for _ in range(60)]
    clinging = [(n * SECOND_NS // 50, levels[n // 50]) for n in range(3_000)]
    shuffled = [(at, value) for (at, _), (_, value) in zip(clinging, rng.sample(clinging, 3_000), strict=True)]

    def width(found: Interval | None) -> float:
        assert found is not None
        assert found.high is not None
        assert found.low is not None
        return found.high - found.low

    assert width(quantile_interval(clinging, 0.8, 1, "x")) > 2 * width(quantile_interval(shuffled, 0.8, 1, "x"))


def test_never_reflected_makes_the_upper_bound_infinite() -> None:
    samples = [(at, math.inf if n % 20 == 0 else value) for n, (at, value) in enumerate(noisy(40))]
    found = quantile_interval(samples, 0.95, 1, "x")
    assert found is not None
    assert found.high == math.inf


def test_one_resampler_serves_every_quantile_and_the_order_of_samples_does_not_matter() -> None:
    samples = noisy(60)
    resampler = Resampler(Samples.of(random.Random(5).sample(samples, len(samples))))
    for share in (0.5, 0.95, 0.99):
        assert resampler.interval(share, 1, "x") == quantile_interval(samples, share, 1, "x")


def test_a_drawn_quantile_is_that_of_the_drawn_blocks() -> None:
    samples = [(at, float(round(value))) for at, value in noisy(30)]
    blocks = [[value for at, value in samples if at // SECOND_NS == second] for second in range(30)]
    rng, drawn = random.Random("bootstrap 7 x"), []
    for _ in range(REDRAWS):
        chosen = [value for block in rng.choices(range(30), k=30) for value in blocks[block]]
        drawn.append(quantile(sorted(chosen), 0.9))
    found = quantile_interval(samples, 0.9, 7, "x")
    assert found is not None
    assert (found.low, found.high) == (quantile(sorted(drawn), 0.025), quantile(sorted(drawn), 0.975))
