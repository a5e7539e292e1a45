"""The catalogue of measures is complete: it declares every measure of the checkers and of the scenarios."""

from stockstorm.reports.checkers import MEANINGS, check_all, measure_of
from stockstorm.reports.history import History
from stockstorm.scenarios import list_scenarios
from tests.unit.reports.synthetic import flash_sale

# Measures that the synthetic run has no reason to hold.
SOMETIMES = {
    "applied_twice.units",
    "channel_outage.open",
    "channel_outage.others",
    "channel_outage.slowed",
    "channel_outage.waiting",
    "channel_outage_ms.others.max",
    "channel_outage_ms.others.p50",
    "channel_outage_ms.others.p95",
    "channel_outage_ms.others.p99",
    "channel_outage_s.recovery",
    "connections.growth",
    "connections.open.max",
    "connections.used.max",
    "delivery.never_sent",
    "delivery_success_s.renewal",
    "descriptors.growth.max",
    "descriptors.max",
    "lost.stuck",
    "needless_reads.feed_per_s",
    "needless_reads.points_per_s",
    "needless_reads.rows",
    "needless_reads.share",
    "never_sent.found_s.max",
    "oversell.beyond_reach.incidents",
    "oversell.beyond_reach.units",
    "oversell.bound_per_exposure",
    "oversell.bound_units",
    "own_view.drift",
    "own_view.orders",
    "own_view.orders_missing",
    "own_view.reads",
    "own_view.resolution_ms",
    "own_view.unsettled",
    "own_view_ms.max",
    "own_view_ms.p50",
    "own_view_ms.p95",
    "own_view_ms.p99",
    "poison.ends",
    "retry_discipline.gap_ms.min",
    "retry_discipline.gap_ms.p50",
    "retry_discipline.tries_per_s.max",
    "retry_discipline_s.behind_poison.max",
    "throttling.early",
    "throttling.early_reads",
    "throttling.gap_ms.p50",
    "throttling.hasty_reads",
    "throttling.same_call_ms.p50",
    "throttling.share",
    "throttling.told",
    "trend.ack_time.growth",
    "trend.order_latency.growth",
    "trend.sync_latency.growth",
    "unanswered.calls",
    "unanswered.waiting",
    "unanswered_s.max",
}


def test_every_measure_of_a_check_is_declared_by_its_checker() -> None:
    measured = {name for check in check_all(History.of(flash_sale())) for name in check.measures}
    assert {name for name in measured if measure_of(name) is None} == set()


def test_every_measure_that_a_scenario_may_name_is_measured_by_a_checker() -> None:
    measured = {name for check in check_all(History.of(flash_sale())) for name in check.measures}
    assert set(MEANINGS) - measured == SOMETIMES


def test_every_measure_that_a_shipped_scenario_names_is_declared() -> None:
    assert {measure for scenario in list_scenarios() for measure in scenario.expect} <= set(MEANINGS)
