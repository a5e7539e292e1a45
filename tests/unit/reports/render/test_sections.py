"""Sections of the report: verdict, tiles, checks, and the SKU that the stock figure shows."""

import pytest
from msgspec.structs import replace

from stockstorm.reports.history import History
from stockstorm.reports.render.sections.summary import banner, tiles
from stockstorm.reports.render.sections.tables import checks
from stockstorm.reports.render.view import RunView
from stockstorm.reports.result import Result, Verdict
from stockstorm.simulator.history.facts import ItemStocked, PurchaseAccepted, RunEnded
from tests.unit.reports.literal import check, golden_result, run_started
from tests.unit.reports.synthetic import HOT

EMPTY = History.of([run_started(), RunEnded(2_000_000_000, True)])


@pytest.mark.parametrize(
    ("verdict", "headline"),
    [
        ("valid", "✓ Valid: every requirement is met"),
        ("invalid", "✕ Invalid: a requirement is not met"),
        ("unknown", "? Unknown: the run does not settle it"),
    ],
)
def test_a_verdict_is_a_sign_and_a_word_besides_the_colour(verdict: Verdict, headline: str) -> None:
    assert headline in banner(RunView(replace(golden_result(), verdict=verdict), EMPTY))


def test_the_most_important_reasons_are_shown_and_the_rest_is_counted() -> None:
    many = replace(golden_result(), reasons=tuple(f"reason {n}" for n in range(10)))
    shown = banner(RunView(many, EMPTY))
    assert "reason 5" in shown
    assert "reason 6" not in shown
    assert "and 4 more" in shown


def test_what_nobody_planned_stands_before_the_reasons_and_beside_a_valid_verdict() -> None:
    shown = banner(RunView(replace(golden_result(), reasons=("drift: 3 listings",)), EMPTY))
    assert 0 < shown.index("worker ended by signal 9") < shown.index("drift: 3 listings")
    assert "&lt;oom|1&gt;" in shown
    valid = banner(RunView(replace(golden_result(), verdict="valid", reasons=()), EMPTY))
    assert valid.index("worker ended by signal 9") < valid.index(
        "Every threshold holds, and every check that was exercised"
    )


def test_zero_oversells_are_shown_with_their_bound() -> None:
    measures = {"oversell.units": 0.0, "oversell.exposures": 60.0, "oversell.bound_per_exposure": 0.05}
    view = RunView(replace(golden_result(), measures=measures), EMPTY)
    said = "o oversell in 60 sell-outs across channels, so at most 5 % of them are oversold (at 95 %)"
    assert f"n{said}" in tiles(view)
    assert f"N{said}" in banner(view).split("Tiers of sync latency")[1]


def test_oversells_are_counted_beside_the_tiers() -> None:
    view = RunView(replace(golden_result(), measures={"oversell.units": 7.0, "oversell.exposures": 24.0}), EMPTY)
    assert "7 units oversold in 24 sell-outs across channels." in banner(view).split("Tiers of sync latency")[1]


def test_a_count_of_one_is_in_the_singular() -> None:
    measures = {"oversell.units": 1.0, "oversell.incidents": 1.0, "refused.attempts": 1.0, "sync_latency_ms.owed": 1.0}
    found = tiles(RunView(replace(golden_result(), measures=measures), EMPTY))
    assert "in 1 order, and 1 buyer refused though available" in found
    assert "; 1 change owed" in found


def test_what_was_not_measured_says_so() -> None:
    assert "not measured" in tiles(RunView(replace(golden_result(), measures={}), EMPTY))


def test_delivery_success_is_a_table_by_topic_even_for_topics_with_dots() -> None:
    measures = {f"delivery_success.{topic}.attempts": 3.0 for topic in ("order.created", "orders/paid")}
    found = replace(golden_result(), checks=(check("delivery_success", measures=measures),))
    rows = checks(RunView(found, EMPTY))
    assert "<td>order.created</td><td>3</td>" in rows
    assert "<td>orders/paid</td><td>3</td>" in rows


def sale(sku: str, quantity: int, before: int) -> PurchaseAccepted:
    return PurchaseAccepted(1_500_000_000, 1, "bazaar", "bazaar-1", (sku,), (quantity,), (before,), (9,))


def test_the_hottest_sku_is_the_one_with_most_oversold_units(result: Result, history: History) -> None:
    assert RunView(result, history).hottest_sku == (HOT, "had the most oversold units")
    sold = History.of([run_started(), sale("A", 9, 100), sale("B", 2, 1)])
    assert RunView(result, sold).hottest_sku == ("B", "had the most oversold units")


def test_without_oversells_the_hottest_sku_is_the_hot_one_with_most_demand(result: Result) -> None:
    hot = ItemStocked(1_000_000_000, "H", 1, 7, 50, 100, True)
    sold = History.of([run_started(), hot, sale("A", 9, 100), sale("H", 2, 50)])
    assert RunView(result, sold).hottest_sku == ("H", "had the highest demand")
    assert RunView(result, EMPTY).hottest_sku == ("", "had the highest demand")
