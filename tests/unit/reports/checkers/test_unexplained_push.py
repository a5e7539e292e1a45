"""A quantity that fits no version of the master is unexplained."""

from stockstorm.reports.checkers.unexplained_push import UnexplainedPush
from stockstorm.reports.result import Check, Incident
from tests.literal_history import history, ns, opened, pushed, sold


def test_without_pushes_nothing_is_unexplained() -> None:
    found = UnexplainedPush()(history(opened()))
    assert (found.verdict, found.measures) == ("unknown", {})


def test_a_push_of_what_the_master_shows_is_explained() -> None:
    found = UnexplainedPush()(history(opened(), pushed(20, "bazaar", 10)))
    assert (found.verdict, found.measures) == ("valid", {"unexplained_push.pushes": 0.0, "unexplained_push.of": 1.0})


def test_a_push_of_more_than_the_master_ever_showed_is_unexplained() -> None:
    found = UnexplainedPush()(history(opened(), pushed(20, "bazaar", 11)))
    assert found == Check(
        name="unexplained_push",
        verdict="valid",
        reason="1 of 1 pushes fit no version of the master",
        measures={"unexplained_push.pushes": 1.0, "unexplained_push.of": 1.0},
        incidents=(
            Incident(
                kind="unexplained_push",
                at_ns=ns(20),
                text=("bazaar was set to 11 of MUG at 0.020 s: 10 to 10 would fit, and no earlier version fits either"),
                channel="bazaar",
                sku="MUG",
                units=11,
            ),
        ),
        incidents_total=1,
    )


def test_a_push_on_a_channel_that_never_opened_is_not_judged() -> None:
    found = UnexplainedPush()(history(opened(), pushed(20, "ghost", 11)))
    assert (found.verdict, found.measures) == ("valid", {"unexplained_push.pushes": 0.0, "unexplained_push.of": 1.0})


def test_a_push_less_the_orders_of_the_same_instant_is_explained() -> None:
    found = UnexplainedPush()(
        history(opened(safety_stock=1), sold(20, 1, "mercado", 2), pushed(20, "bazaar", 7), pushed(20, "mercado", 9))
    )
    assert (found.verdict, found.measures) == ("valid", {"unexplained_push.pushes": 0.0, "unexplained_push.of": 2.0})
