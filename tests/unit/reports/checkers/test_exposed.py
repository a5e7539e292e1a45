"""Valid needs exposure: a check whose case never occurred is not exercised, and unknown if the scenario promised it."""

import msgspec
import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.applied_twice import HORIZON, AppliedTwice
from stockstorm.reports.checkers.exposed import cases_of, exposed, promise_of
from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from stockstorm.scenarios.loader import load, shipped_names
from stockstorm.scenarios.promises import CASES, promises
from stockstorm.simulator.config import QuotasConfig
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import ApiOutcome
from tests.literal_history import (
    delivered,
    ended,
    history,
    ns,
    opened,
    order_event,
    planned,
    recorded,
    sold,
    started,
    tried,
)

FOUND = Check("forged", "valid", "all of 3 forged were refused")


def test_a_valid_check_names_its_exposure() -> None:
    found = exposed(FOUND, {"unsigned": 3, "of order.created": 0}, "")
    assert (found.verdict, found.reason, found.exposure) == (
        "valid",
        "all of 3 forged were refused (3 unsigned, 0 of order.created)",
        {"unsigned": 3, "of order.created": 0},
    )


def test_what_did_not_occur_was_not_tested() -> None:
    found = exposed(FOUND, {"unsigned": 0, "tampered": 0}, "")
    assert (found.verdict, found.reason) == ("not_exercised", "nothing tested it: 0 unsigned, 0 tampered")


def test_what_the_scenario_promises_and_did_not_occur_is_unknown() -> None:
    found = exposed(FOUND, {"unsigned": 0}, "the scenario promises forged deliveries")
    assert (found.verdict, found.reason) == (
        "unknown",
        "the scenario promises forged deliveries, but nothing of it occurred: 0 unsigned",
    )


@pytest.mark.parametrize("verdict", ["invalid", "unknown", "measured"])
def test_only_a_valid_finding_needs_exposure(verdict: str) -> None:
    found = Check("forged", verdict, "because")  # type: ignore[arg-type]  # one of the literals above
    assert exposed(found, {"unsigned": 0}, "") == msgspec.structs.replace(found, exposure={"unsigned": 0})


def _applied_twice(*facts: f.AnyFact | tuple[f.AnyFact, ...]) -> Check:
    return next(check for check in check_all(history(opened(), *facts), (AppliedTwice(),)))


def _once() -> tuple[f.AnyFact, ...]:
    return (sold(0, 1, "bazaar"), order_event(0, 0, 1, "bazaar"), *delivered(0, 0), recorded(20, 1, -1, 9, "bazaar:1"))


def test_an_order_that_came_once_does_not_test_duplicates() -> None:
    assert _applied_twice(_once()).verdict == "not_exercised"


def test_a_duplicate_tests_them() -> None:
    again = msgspec.structs.replace(planned(3, 9, 0), copy=1, webhook_id="w0")
    found = _applied_twice(_once(), (again, tried(3, 9), ended(8, 9)))
    assert found.verdict == "valid"
    assert {words: count for words, count in found.exposure.items() if count} == {
        "order notifications delivered again": 1,
        "of them within 5 ms": 1,
    }


def test_every_case_of_a_repeated_order_is_counted_apart() -> None:
    late = (planned(3000, 8, 0), tried(3000, 8), ended(3005, 8))  # under a webhook id of its own
    gone = (order_event(1000, 1, 1, "bazaar", "order.cancelled"), *delivered(1000, 1, "order.cancelled"))
    shown = (f.OrdersShown(ns(100), 1, "bazaar", (1,)), f.OrdersShown(ns(200), 2, "bazaar", (1,)))
    found = _applied_twice(_once(), late, gone, shown)
    assert {words for words, count in found.exposure.items() if count} == {
        "order notifications delivered again",
        "more than 2 s later",
        "under a new webhook id",
        HORIZON,
        "after the order's cancellation",
        "orders read again by API",
    }
    assert found.exposure[HORIZON] == 3


def test_a_write_that_came_again_after_its_answer_was_withheld_is_counted() -> None:
    def write(request: int, key: str, status: int, outcome: ApiOutcome) -> f.AnyFact:
        return f.ApiCalled(ns(request), request, "admin", "inventoryAdjustQuantities", status, outcome, key=key)

    words = "writes sent again after an execution without an answer"
    lost, other = write(1, "a", 0, "ok"), write(2, "b", 200, "ok")
    assert _applied_twice(_once(), lost, other, write(3, "b", 200, "replayed")).exposure[words] == 0
    assert _applied_twice(_once(), lost, other, write(3, "a", 200, "replayed")).exposure[words] == 1


def test_a_cancellation_that_comes_first_is_seen() -> None:
    early = (order_event(0, 1, 1, "bazaar", "order.cancelled"), *delivered(-5, 1, "order.cancelled"))
    assert history(opened(), _once(), early).repeats.cancel_first == 1
    assert history(opened(), _once()).repeats.cancel_first == 0


def test_versions_that_a_subject_could_confuse_are_counted() -> None:
    topic = "inventory_levels/update"

    def changed(number: int, ms: float, at: float) -> tuple[f.AnyFact, ...]:
        change = f.StockChanged(ns(ms), "MUG", 2**53 + 1, 7, number, -1, 10 - number, "sale")
        event = f.EventFired(ns(ms), number, f"e{number}", "shopify", topic, sku="MUG", version=number)
        return (change, event, planned(ms, number, number, topic), tried(at, number), ended(at + 5, number))

    found = history(opened(), changed(1, 0, 50), changed(2, 10, 20), changed(3, 5000, 5001))
    assert (found.overtaking.overtaken, found.overtaking.repeated, found.ties) == (1, 0, 1)


def test_a_history_without_a_start_promises_nothing() -> None:
    assert check_all(History.of([]), (AppliedTwice(),))[0].verdict == "unknown"


def test_shipped_scenarios_promise_what_they_plan() -> None:
    found = {name: set(promises(load(name))) for name in shipped_names()}
    assert found["flash_sale"] >= {"forged", "applied_twice", "oversell"}
    assert "oversell" not in found["steady"]


def test_a_case_with_a_quota_that_did_not_occur_is_a_note() -> None:
    found = exposed(FOUND, {"unsigned": 3, CASES["resent"]: 0, CASES["two_lines"]: 0}, "", {CASES["resent"]})
    assert (found.verdict, found.notes) == (
        "valid",
        ("the scenario has a quota for these, and none occurred: under a new webhook id",),
    )


def test_every_case_names_a_quota_and_an_exposure_of_a_check() -> None:
    assert set(CASES) <= set(QuotasConfig.model_fields)
    item, *others, start = opened()
    stocked = msgspec.structs.replace(item, locations=(7, 8), levels=(4, 6))
    contended = msgspec.structs.replace(start, scenario={"quotas": {"corrected": 5, "negative_level": 5, "netted": 5}})
    found = {words for check in check_all(history(stocked, *others, contended)) for words in check.exposure}
    assert set(CASES.values()) <= found


def _run(*facts: f.AnyFact, polls: bool = False) -> History:
    start = msgspec.structs.replace(started(), scenario={"quotas": {"forgeries": 5, "resent": 5}}, polls=polls)
    return history(start, *facts)


def test_what_a_subject_cannot_get_is_not_promised() -> None:
    by_http = f.SubscriptionCreated(ns(0), 1, "shopify", "orders/create", "http://127.0.0.1:1/")
    by_bus = f.SubscriptionCreated(ns(0), 1, "shopify", "orders/create", "pubsub://project:topic")
    assert promise_of(_run(by_http), "forged")
    told = f.SubscriptionCreated(ns(0), 2, "bazaar", "order.created", "http://127.0.0.1:1/")
    assert promise_of(_run(by_http, told), "applied_twice")
    assert promise_of(_run(by_http), "applied_twice") == "", "it reads the orders of marketplaces"
    found = [bool(promise_of(_run(by_bus, told), name)) for name in ("forged", "applied_twice")]
    assert (found, promise_of(_run(by_bus), "forged")) == ([True, True], "")
    assert (promise_of(_run(polls=True), "applied_twice"), cases_of(_run(polls=True))) == ("", frozenset())
    assert cases_of(_run(by_http)) == {CASES["resent"]}
