"""What is drawn and compared is what tiers are judged by."""

import pytest

from stockstorm.reports.history import History
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.reports.verdict.judge import judge
from stockstorm.reports.verdict.samples import judged_samples
from tests.unit.reports.synthetic import flash_sale


@pytest.mark.parametrize(
    ("perturbations", "measure"),
    [([], "sync_latency_ms.p95"), ([{"kind": "reorder"}], "sync_latency_visible_ms.p95")],
)
def test_its_p95_is_the_one_that_tiers_read(perturbations: list[dict[str, str]], measure: str) -> None:
    scenario = {"name": "flash_sale", "expect": {}, "perturbations": perturbations}
    history = History.of(flash_sale(scenario=scenario))
    drawn = sorted(ms for _, ms in judged_samples(history))
    assert quantile(drawn, 0.95) == pytest.approx(judge(history).measures[measure])
