"""What scenarios may name and what reports judge are the same: measures and tiers."""

from stockstorm.reports.checkers import check_all
from stockstorm.reports.history import History
from stockstorm.reports.verdict.tiers import LIMITS_MS
from stockstorm.scenarios import list_scenarios
from stockstorm.scenarios.measures import MEASURES
from stockstorm.scenarios.tiers import tiers
from tests.unit.reports.synthetic import flash_sale


def test_every_measure_that_a_scenario_may_name_is_measured_by_a_checker() -> None:
    measured = {name for check in check_all(History.of(flash_sale())) for name in check.measures}
    assert set(MEASURES) - measured == set()


def test_every_measure_that_a_shipped_scenario_names_may_be_named() -> None:
    assert {measure for scenario in list_scenarios() for measure in scenario.expect} <= set(MEASURES)


def test_tiers_have_the_limits_that_are_judged() -> None:
    assert {tier.name: tier.limit_ms for tier in tiers()} == LIMITS_MS
