"""Poison: which bodies nobody can process, and when they are sent."""

import json
from typing import Any, get_args

import pytest

from stockstorm.scenarios.loader import load
from stockstorm.simulator.config import PoisonKind
from stockstorm.simulator.delivery.poison import HUGE, STRANGE, spoiled
from stockstorm.simulator.plan.items import PlannedPoison
from stockstorm.simulator.plan.planner import make_plan
from stockstorm.simulator.plan.poison import OF_CHANNEL, OF_SHOP, poison_count

LINE = {"sku": "MUG", "quantity": 2}
BODY = json.dumps({"id": "n1", "topic": "order.created", "order": {"order_id": "b-1", "lines": [LINE]}}).encode()


def order_of(kind: PoisonKind) -> dict[str, Any]:
    order: dict[str, Any] = json.loads(spoiled(kind, BODY, 7))["order"]
    return order


def test_each_kind_puts_one_wrong_thing_into_a_body() -> None:
    assert order_of("unknown_sku")["lines"] == [{"sku": "NO-SUCH-SKU-7", "quantity": 2}]
    assert order_of("null_lines") == {"order_id": "b-1", "lines": None}
    assert order_of("huge_quantity")["lines"] == [{"sku": "MUG", "quantity": HUGE}]
    assert order_of("wrong_type")["lines"] == [{"sku": "MUG", "quantity": STRANGE}]
    assert json.loads(spoiled("null_level", b'{"available": 5, "location_id": 7}', 1)) == {
        "available": None,
        "location_id": 7,
    }
    with pytest.raises(json.JSONDecodeError):
        order_of("not_json")


def test_a_body_without_a_quantity_has_an_object_as_its_id() -> None:
    assert json.loads(spoiled("wrong_type", b'{"id": 5, "title": "Mug"}', 1)) == {"id": STRANGE, "title": "Mug"}


@pytest.mark.parametrize("seed", [1, 7])
def test_every_plan_of_the_scenario_has_every_kind_of_every_topic(seed: int) -> None:
    scenario = load("poison_events")
    poison = [item for item in make_plan("poison_events", scenario, seed).items if isinstance(item, PlannedPoison)]
    sent = sorted((item.source, item.topic, item.kind) for item in poison)
    wanted = [(market, topic, kind) for market in ("bazaar", "mercado") for topic, kind in OF_CHANNEL]
    assert sent == sorted([*wanted, *(("shopify", topic, kind) for topic, kind in OF_SHOP)])
    assert {item.kind for item in poison} == set(get_args(PoisonKind))
    assert len(poison) == poison_count(scenario)
    times = sorted(item.offset_ns for item in poison if (item.topic, item.kind) == ("order.created", "null_lines"))
    assert times[1] - times[0] > 5_000_000_000


def test_without_the_quota_there_is_none() -> None:
    assert poison_count(load("smoke")) == 0
