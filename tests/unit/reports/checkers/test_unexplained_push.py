"""A quantity that fits no version of the master is unexplained."""

from stockstorm.reports.checkers.unexplained_push import UnexplainedPush
from stockstorm.reports.result import Check, Incident
from tests.literal_history import cancelled, history, ns, opened, pushed, recorded, sold, version


def test_without_pushes_nothing_is_unexplained() -> None:
    found = UnexplainedPush()(history(opened()))
    assert (found.verdict, found.measures) == ("unknown", {})


def test_a_push_of_what_the_master_shows_is_explained() -> None:
    found = UnexplainedPush()(history(opened(), pushed(20, "bazaar", 10)))
    assert (found.verdict, found.measures) == (
        "valid",
        {"unexplained_push.pushes": 0.0, "unexplained_push.too_much": 0.0, "unexplained_push.of": 1.0},
    )


def test_a_push_of_more_than_the_master_ever_showed_is_wrong() -> None:
    found = UnexplainedPush()(history(opened(), pushed(20, "bazaar", 11)))
    assert found == Check(
        name="unexplained_push",
        verdict="invalid",
        reason="1 of 1 pushes offered more units than the master ever had up to then",
        measures={"unexplained_push.pushes": 1.0, "unexplained_push.too_much": 1.0, "unexplained_push.of": 1.0},
        incidents=(
            Incident(
                kind="unexplained_push",
                at_ns=ns(20),
                text=(
                    "bazaar was set to 11 of MUG at 0.020 s: the master showed 10 then and allowed 10 at most at any "
                    "time before"
                ),
                channel="bazaar",
                sku="MUG",
                units=1,
            ),
        ),
        incidents_total=1,
    )


def test_a_push_of_less_than_any_version_is_no_proof() -> None:
    found = UnexplainedPush()(history(opened(), pushed(20, "bazaar", 7)))
    assert (found.verdict, found.incidents_total) == ("valid", 0)
    assert found.reason == (
        "none of 1 pushes offered more units than the master ever had up to then; 1 offered less than any version "
        "explains, as with an undeclared buffer"
    )


def test_units_that_came_back_may_be_offered_before_the_master_has_them() -> None:
    sale, gone = sold(0, 1, "bazaar", 2), cancelled(50, 1, "bazaar", 2)
    written = (recorded(20, 1, -2, 8, "bazaar:1"), recorded(90, 2, 2, 10, "bazaar:1:cancelled"))
    facts = (opened(), sold(0, 2, "bazaar", 2), sale, *written)
    assert UnexplainedPush()(history(*facts, gone, pushed(60, "bazaar", 12))).measures["unexplained_push.too_much"] == 0
    assert UnexplainedPush()(history(*facts, gone, pushed(40, "bazaar", 12))).measures["unexplained_push.too_much"] == 1
    assert UnexplainedPush()(history(*facts, gone, pushed(60, "bazaar", 13))).measures["unexplained_push.too_much"] == 1


def test_what_the_master_had_before_is_stale_and_not_too_much() -> None:
    found = UnexplainedPush()(history(opened(), version(10, 1, -5, 5), pushed(20, "bazaar", 10)))
    assert found.measures["unexplained_push.too_much"] == 0


def test_a_declared_safety_stock_lowers_what_is_honest() -> None:
    found = UnexplainedPush()(history(opened(safety_stock=2), pushed(20, "bazaar", 10)))
    assert found.verdict == "invalid"


def test_a_push_on_a_channel_that_never_opened_is_not_judged() -> None:
    found = UnexplainedPush()(history(opened(), pushed(20, "ghost", 11)))
    assert (found.verdict, found.measures) == (
        "valid",
        {"unexplained_push.pushes": 0.0, "unexplained_push.too_much": 0.0, "unexplained_push.of": 1.0},
    )


def test_a_push_less_the_orders_of_the_same_instant_is_explained() -> None:
    found = UnexplainedPush()(
        history(opened(safety_stock=1), sold(20, 1, "mercado", 2), pushed(20, "bazaar", 7), pushed(20, "mercado", 9))
    )
    assert (found.verdict, found.measures) == (
        "valid",
        {"unexplained_push.pushes": 0.0, "unexplained_push.too_much": 0.0, "unexplained_push.of": 2.0},
    )
