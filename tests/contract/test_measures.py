"""What scenarios may expect and what checkers measure are one list."""

from reports.checkers import check_all
from reports.history import History
from scenarios import list_scenarios
from scenarios.measures import MEASURES
from tests.unit.reports.synthetic import flash_sale


def test_every_measure_that_a_scenario_may_name_is_measured_by_a_checker() -> None:
    measured = {name for check in check_all(History.of(flash_sale())) for name in check.measures}
    assert set(MEASURES) - measured == set()


def test_every_measure_that_a_shipped_scenario_names_may_be_named() -> None:
    assert {measure for scenario in list_scenarios() for measure in scenario.expect} <= set(MEASURES)
