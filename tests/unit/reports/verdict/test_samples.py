"""Charts and comparisons use the samples that tiers are judged by, and intervals are computed from them."""

import pytest

from stockstorm.reports.history import History
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.reports.verdict.judge import judge
from stockstorm.reports.verdict.samples import intervals, judged_samples
from tests.literal_history import delivered, history, opened, order_event, rest, sold
from tests.unit.reports.synthetic import flash_sale


@pytest.mark.parametrize(
    ("perturbations", "measure"),
    [([], "sync_latency_ms.p95"), ([{"kind": "reorder"}], "sync_latency_visible_ms.p95")],
)
def test_judged_samples_have_the_p95_that_tiers_read(perturbations: list[dict[str, str]], measure: str) -> None:
    scenario = {"name": "flash_sale", "expect": {}, "perturbations": perturbations}
    history = History.of(flash_sale(scenario=scenario))
    drawn = sorted(ms for _, ms in judged_samples(history))
    assert quantile(drawn, 0.95) == pytest.approx(judge(history).measures[measure])


def test_intervals_are_given_for_what_was_measured() -> None:
    trade = (sold(0, 1, "bazaar"), order_event(0, 0, 1, "bazaar"), delivered(0, 0))
    found = intervals(history(opened(), *trade, rest()))
    assert {name: (interval.value, interval.low) for name, interval in found.items()} == {
        "ack_time_ms.p95": (5.0, None),
        "ack_time_ms.p99": (5.0, None),
        "sync_latency_ms.p95": (float("inf"), None),
        "sync_latency_visible_ms.p95": (float("inf"), None),
    }
