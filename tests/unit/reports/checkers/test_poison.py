"""Deliveries that nobody can process: applied, or the end of a process each time, is proof against a subject."""

import msgspec

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.forged import Forged
from stockstorm.reports.checkers.poison import Poison
from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.result import Check
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.config import PoisonKind
from stockstorm.simulator.history import facts as f
from tests.literal_history import ended, history, ns, opened, pushed, recorded, rest, tried

Facts = tuple[f.AnyFact, ...]
CLAIM = "bazaar-2000000007"


def poison(
    ms: float, delivery: int, kind: PoisonKind = "null_lines", outcome: f.DeliveryOutcome = "acknowledged"
) -> Facts:
    sent = f.DeliveryPlanned(
        ns(ms), delivery, -1, f"p{delivery}", 1, "order.created", ns(ms), 0, (), kind, "bazaar", CLAIM
    )
    return (sent, tried(ms, delivery), ended(ms + 5, delivery, outcome))


def crashed(ms: float, ready_ms: float) -> Facts:
    return (
        f.ProcessEnded(ns(ms), "worker", 1, 70, ()),
        f.FaultEnded(at_ns=ns(ready_ms), fault="exited by itself", target="worker"),
    )


def judged(*facts: f.AnyFact | Facts) -> Check:
    return check_all(history(opened(), *facts, rest(9_000)), (Poison(),))[0]


def test_without_any_nothing_is_tested() -> None:
    found = judged()
    assert (found.verdict, found.exposure) == ("not_exercised", {"poisonous deliveries": 0})


def test_whatever_the_answer_without_an_effect_it_is_right() -> None:
    found = judged(poison(1, 0), poison(2, 1, "not_json", "refused"), poison(3, 2, "wrong_type", "given_up"))
    assert (found.verdict, found.measures) == (
        "valid",
        {"poison.applied": 0, "poison.sent": 3, "poison.unanswered": 1},
    )
    assert found.exposure["with null for its lines"] == 1


def test_the_reference_of_an_order_that_nobody_placed_in_the_master_is_an_effect() -> None:
    found = judged(poison(1, 0, "huge_quantity"), recorded(20, 1, -1, 9, f"bazaar:{CLAIM}"))
    assert (found.verdict, found.measures["poison.applied"]) == ("invalid", 1)
    assert "the master names its order" in found.incidents[0].text


def null_level(ms: float, delivery: int) -> Facts:
    topic = "inventory_levels/update"
    sent = f.DeliveryPlanned(
        ns(ms), delivery, -1, f"p{delivery}", 1, topic, ns(ms), 0, (), "null_level", "shopify", "MUG"
    )
    return (sent, tried(ms, delivery), ended(ms + 5, delivery))


def test_a_level_of_null_that_is_listed_as_none_is_an_effect_and_named() -> None:
    found = history(opened(100), null_level(10, 0), pushed(40, "mercado", 0), pushed(90, "mercado", 0), rest(9_000))
    check = check_all(found, (Poison(),))[0]
    assert (check.verdict, check.measures["poison.applied"]) == ("invalid", 1)
    assert "mercado was set to 0 of MUG" in check.incidents[0].text
    (named,) = [one for one in diagnose(found, (check,))[0] if one.name == "null_level"]
    assert named.cause == (
        "a level of null is taken for zero: 1 of 1 such event of inventory_levels/update was followed by a listing of 0"
    )


def test_a_listing_of_none_before_it_or_of_what_is_nearly_sold_out_is_no_effect_of_it() -> None:
    assert judged_of(100, pushed(5, "mercado", 0), null_level(10, 0)).verdict == "valid"
    assert judged_of(100, null_level(10, 0), pushed(40, "mercado", 99)).verdict == "valid"
    assert judged_of(10, null_level(10, 0), pushed(40, "mercado", 0)).verdict == "valid"


def judged_of(available: int, *facts: f.AnyFact | Facts) -> Check:
    return check_all(history(opened(available), *facts, rest(9_000)), (Poison(),))[0]


def test_it_is_no_forgery() -> None:
    found = check_all(history(opened(), poison(1, 0), rest(9_000)), (Forged(),))[0]
    assert (found.verdict, found.measures["forged.sent"]) == ("not_exercised", 0)


def test_outages_that_begin_with_one_kind_each_time_are_its_doing() -> None:
    facts = (
        *poison(100, 0),
        *crashed(400, 900),
        *poison(2_000, 1),
        *crashed(2_300, 2_900),
        *poison(4_000, 2, "not_json"),
    )
    found = judged(facts)
    assert (found.verdict, found.measures["poison.ends"]) == ("invalid", 2)
    assert found.reason == (
        "worker ended 2 times, each time just after order.created with null for its lines, which nobody can process"
    )


def test_one_that_came_while_the_process_was_down_is_left_out() -> None:
    down = (*poison(100, 0), *crashed(400, 900), *poison(500, 1), *poison(2_000, 2), *crashed(2_300, 2_900))
    assert judged(down).verdict == "invalid"


def test_other_ends_and_deliveries_that_harm_nothing_prove_nothing() -> None:
    twice = (*poison(100, 0), *crashed(400, 900), *poison(2_000, 1), *crashed(2_300, 2_900))
    assert judged(twice[:5]).verdict == "valid"  # one outage can be chance
    assert judged(twice, crashed(5_000, 5_500)).verdict == "valid"  # it ends by itself too
    assert judged(twice, poison(6_000, 3)).verdict == "valid"  # this one harmed nothing


def test_the_diagnosis_names_what_ends_the_process() -> None:
    end = f.RunEnded(ns(9_500), complete=True)
    facts = history(
        opened(), poison(100, 0), crashed(400, 900), poison(2_000, 1), crashed(2_300, 2_900), rest(9_000), end
    )
    first = diagnose(facts, judge(facts).checks)[0][0]
    assert (first.name, "poison" in first.explains) == ("poison", True)
    assert first.evidence[0] == "each of 2 such notifications that met a running worker ended it"
    assert msgspec.json.encode(first)


def test_what_came_just_before_one_end_is_told_as_that() -> None:
    end = f.RunEnded(ns(9_500), complete=True)
    facts = history(opened(), poison(100, 0), crashed(400, 900), rest(9_000), end)
    (found,) = [each for each in diagnose(facts, judge(facts).checks)[0] if each.name == "process_ended"]
    assert "came order.created with null for its lines, which nobody can process: webhook p0" in found.evidence[1]
