import pytest

from stockstorm.simulator.api.admin.execution.cost import Bucket, PlanName, ThrottleStatus
from stockstorm.simulator.clock import SECOND_NS
from tests.admin_calls import ADJUST, Admin, adjustment, change
from tests.small_world import available


@pytest.mark.parametrize(
    ("plan", "rate", "size"),
    [("standard", 100, 2_000), ("advanced", 200, 4_000), ("plus", 1_000, 20_000), ("enterprise", 2_000, 40_000)],
)
def test_a_plan_has_its_rate_and_its_bucket(plan: PlanName, rate: int, size: int) -> None:
    assert Bucket(plan).status() == ThrottleStatus(size, size, rate)


def test_what_is_taken_comes_back_at_the_rate_and_never_above_the_size() -> None:
    bucket = Bucket("standard")
    assert bucket.take(1_500, 0)
    assert bucket.take(500, 0)
    assert not bucket.take(1, SECOND_NS // 1_000)
    assert bucket.take(100, SECOND_NS)
    assert bucket.take(0, 100 * SECOND_NS)
    assert bucket.status().currently_available == 2_000


def test_a_call_that_is_refused_costs_nothing() -> None:
    bucket = Bucket("standard")
    assert bucket.take(1_990, 0)
    assert not bucket.take(11, 0)
    assert bucket.take(10, 0)


def test_a_refund_never_overfills_the_bucket() -> None:
    bucket = Bucket("standard")
    bucket.take(10, 0)
    bucket.refund(20)
    assert bucket.status().currently_available == 2_000


def test_a_throttled_call_is_http_200_with_errors_and_no_data_and_does_nothing() -> None:
    admin = Admin(plan="standard")
    admin.tick_ns = 0
    for n in range(2_000 // 17):
        assert admin.adjust(f"k{n}", change(0, 1))["userErrors"] == []
    spent = available(admin.world, 0)
    answer = admin.ask(ADJUST, key="last", input=adjustment(change(0, 1)))
    assert answer == {
        "errors": [
            {
                "message": "Throttled",
                "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
            }
        ],
        "extensions": {
            "cost": {
                "requestedQueryCost": 17,
                "actualQueryCost": None,
                "throttleStatus": {"maximumAvailable": 2_000, "currentlyAvailable": 2_000 % 17, "restoreRate": 100},
            }
        },
    }
    assert (admin.reply.status, admin.called.outcome) == (200, "throttled")
    assert (available(admin.world, 0), admin.reply.events) == (spent, [])


def test_a_second_later_the_call_is_admitted_and_its_key_was_not_used_up() -> None:
    admin = Admin(plan="standard")
    admin.tick_ns = 0
    while admin.ask(ADJUST, key="k", input=adjustment(change(0, 1))).get("data"):
        assert admin.called.outcome in ("ok", "replayed")
    admin.tick_ns = SECOND_NS
    assert admin.adjust("fresh", change(0, 1))["userErrors"] == []
