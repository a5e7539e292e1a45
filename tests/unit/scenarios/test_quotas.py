"""Quotas that a plan cannot hold are refused, and flags lower them."""

import tomllib
from typing import Any

import pytest

from stockstorm.scenarios.flags import with_flags
from stockstorm.scenarios.loader import load, validated
from stockstorm.scenarios.promises import promises
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.config import ORDER_ROLES
from stockstorm.simulator.plan.planner import expected_events, make_plan

TEXT = """
name = "mine"
title = "t"
shows = "s"
[shop]
skus = 30
stock = 1000
[[channels]]
name = "online"
[[channels]]
name = "bazaar"
[[phases]]
name = "even"
kind = "constant"
seconds = 10.0
rate = 5.0
[quotas]
"""


def found(quotas: str, **changed: dict[str, Any]) -> list[tuple[str, str]]:
    """Key and finding of every problem."""
    tables = tomllib.loads(TEXT + quotas)
    for table, values in changed.items():
        tables.setdefault(table, {}).update(values)
    result = validated(tables)
    return [] if isinstance(result, Scenario) else [(problem.key, problem.found) for problem in result]


def test_quotas_that_fit_are_accepted() -> None:
    assert found("resent = 5\ntwo_lines = 5\nbefore_kill = 5\nforgeries = 2") == []


def test_too_few_orders_are_told_with_both_numbers() -> None:
    assert found("resent = 30\nlate_duplicate = 21") == [
        ("quotas", "51 orders with a role, but some seeds give only 50 orders")
    ]


def test_too_little_stock_is_told() -> None:
    ((key, text),) = found("resent = 5", shop={"stock": 10})
    assert (key, text.split(",")[0]) == ("quotas", "orders with a role must be accepted")
    assert found("forgeries = 1", shop={"stock": 10}) == []


def test_two_lines_need_orders_of_two_lines() -> None:
    assert found("two_lines = 2", orders={"lines_max": 1}) == [
        ("quotas.two_lines", "2, but an order has one line at most")
    ]


def test_kept_skus_must_leave_half_of_the_ordinary_ones() -> None:
    assert found("before_kill = 8\nafter_restart = 8") == [
        ("quotas", "16 SKUs are kept for events of their own, but only 30 are ordinary")
    ]


@pytest.mark.parametrize("text", ["resend = 5", "resent = -1", "before_kill = 21"])
def test_unknown_names_and_values_out_of_range_are_refused(text: str) -> None:
    assert [key.split(".")[0] for key, _ in found(text)] == ["quotas"]


def test_flags_lower_quotas_to_what_the_load_holds() -> None:
    small = with_flags(load("smoke"), rate=20, seconds=2)
    lowered = small.quotas.of_orders()
    assert 0 < sum(lowered.values()) < 35
    assert len(set(lowered.values()) - {0}) == 1
    assert with_flags(load("steady"), rate=500).quotas == load("steady").quotas


def test_flags_keep_the_rate_with_quotas() -> None:
    scenario = with_flags(load("smoke"), rate=100, seconds=10)
    planned = [make_plan("x", scenario, seed).expected_events for seed in range(10)]
    assert expected_events(scenario) / 10 == pytest.approx(100, rel=0.03)
    assert sum(planned) / 100 == pytest.approx(100, rel=0.03)


def test_quotas_promise_what_they_make_sure() -> None:
    bare = load("steady").model_copy(update={"perturbations": ()})
    assert set(promises(bare)) == {"forged", "applied_twice"}
    none = bare.quotas.model_copy(update=dict.fromkeys((*ORDER_ROLES, "forgeries"), 0))
    calm = bare.events.model_copy(update={"forgeries_per_s": 0.0})
    assert promises(bare.model_copy(update={"quotas": none, "events": calm})) == {}
