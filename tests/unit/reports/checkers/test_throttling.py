"""A subject that tries a throttled call again at once hammers the API."""

import msgspec
import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.throttling import Throttling
from stockstorm.reports.result import Check
from stockstorm.simulator.config import ShopPlan
from stockstorm.simulator.history import facts as f
from tests.literal_history import called, history, ns, opened


def adjusted(gap_ms: float, throttled: int, passed: int, plan: ShopPlan = "standard") -> Check:
    """One worker's calls, each begun `gap_ms` after the answer before it: throttled ones spread among the others."""
    total = throttled + passed
    facts = [
        msgspec.structs.replace(fact, scenario={"shop": {"plan": plan}}) if isinstance(fact, f.RunStarted) else fact
        for fact in opened()
    ]
    calls = []
    for n in range(total):
        refused = (n * throttled) // total < ((n + 1) * throttled) // total
        outcome = "throttled" if refused else "ok"
        calls.append(called(n * gap_ms + 1, n, "inventoryAdjustQuantities", 200, outcome))  # type: ignore[arg-type]  # literals
    return next(iter(check_all(history(*facts, *calls), (Throttling(),))))


def test_a_subject_that_tries_again_at_once_is_invalid() -> None:
    found = adjusted(1.6, 558, 680)
    assert (found.verdict, [incident.kind for incident in found.incidents]) == ("invalid", ["hammering"])
    assert found.reason.startswith("558 of 1,238 calls to the Admin API were throttled, with 1.6 ms (median)")


def test_a_subject_that_waits_for_a_second_is_not() -> None:
    assert adjusted(1_000, 60, 60).verdict == "valid"


@pytest.mark.parametrize(("throttled", "passed"), [(30, 30), (60, 600)])
def test_few_refusals_are_no_hammering(throttled: int, passed: int) -> None:
    assert adjusted(1.6, throttled, passed).verdict == "valid"


def test_where_points_are_restored_sooner_the_wait_may_be_shorter() -> None:
    assert adjusted(12, 100, 100).verdict == "invalid"
    assert adjusted(12, 100, 100, "plus").verdict == "valid"


def test_without_a_throttled_call_nothing_is_tested() -> None:
    assert adjusted(5, 0, 100).verdict == "not_exercised"


def repeated(gap_ms: float, times: int, apart_ms: float = 500) -> Check:
    """Calls that are throttled and tried again with their own key; 40 workers call between them."""
    calls: list[f.AnyFact] = []
    for n in range(times):
        key = f"k{n}"
        for start, outcome in ((n * apart_ms + 1, "throttled"), (n * apart_ms + 1 + gap_ms, "ok")):
            call = called(start, len(calls), "inventoryAdjustQuantities", 200, outcome)  # type: ignore[arg-type]  # literals
            calls.append(msgspec.structs.replace(call, key=key))
    others = [called(n * 10 + 5, 10_000 + n, "inventoryAdjustQuantities") for n in range(times * 40)]
    return Throttling()(history(*standard(), *calls, *others))


def standard() -> list[f.AnyFact]:
    """The start of a run with a shop of the standard plan."""
    return [
        msgspec.structs.replace(fact, scenario={"shop": {"plan": "standard"}})
        if isinstance(fact, f.RunStarted)
        else fact
        for fact in opened()
    ]


def test_the_same_call_again_before_points_can_be_there_is_proof() -> None:
    found = repeated(40, 25)
    assert found.verdict == "invalid"
    assert found.measures["throttling.same_call_ms.p50"] == pytest.approx(40, abs=1)
    assert repeated(150, 25).verdict == "valid"
    assert repeated(40, 10).verdict == "valid"


def many_workers(wait_ms: float, *, keys: bool, connections: int = 80, kept: bool = True) -> Check:
    """80 workers with a write each: it is refused once in two tries, and comes again after a wait of its own."""
    begun = [(n * 12.0 + k * wait_ms + 1, n, k) for n in range(80) for k in range(6)]
    calls = [
        msgspec.structs.replace(
            called(at, number, "inventoryAdjustQuantities", 200, "ok" if k % 2 else "throttled"),
            key=f"k{n}-{k // 2}" if keys else "",
        )
        for number, (at, n, k) in enumerate(sorted(begun))
    ]
    open_ = connections if kept else 1
    samples = [f.GeneratorSampled(ns(1_000 * n), 10**9, 0, 0, 0, 0, 0, open_, 0, connections) for n in range(8)]
    return Throttling()(history(*standard(), *calls, *samples))


def test_workers_that_each_wait_are_valid_however_many_they_are() -> None:
    """The next call of the operation is mostly another worker's. Their keys tell that each waited."""
    found = many_workers(1_000, keys=True)
    assert found.measures["throttling.gap_ms.p50"] < 20
    assert found.verdict == "valid"
    assert found.measures["throttling.same_call_ms.p50"] == pytest.approx(1_000, abs=1)
    assert many_workers(3, keys=True).verdict == "invalid"


def test_calls_without_keys_over_many_kept_connections_are_mostly_other_workers() -> None:
    """Where connections are not kept, their number tells nothing of workers."""
    assert many_workers(1_000, keys=False).verdict == "valid"
    assert many_workers(3, keys=False).verdict == "invalid"
    assert many_workers(1_000, keys=False, connections=4).verdict == "invalid"
    assert many_workers(1_000, keys=False, kept=False).verdict == "invalid"


def test_of_apis_that_throttled_as_much_the_first_is_judged() -> None:
    """Whatever hash a name has in this process: two processes that judge must say the same."""
    for first, other in (("bazaar", "mercado"), ("mercado", "bazaar")):
        calls = [
            msgspec.structs.replace(
                called(n + 1, n, "PUT listings", 429, "throttled"), api=first if n % 2 == 0 else other
            )
            for n in range(8)
        ]
        found = Throttling()(history(*opened(), *calls))
        assert f"the API of {first} were throttled" in found.reason
