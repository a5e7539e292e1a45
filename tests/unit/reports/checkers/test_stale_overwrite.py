"""A push that goes back to an older state than it had shown is a stale overwrite."""

from stockstorm.reports.checkers.stale_overwrite import StaleOverwrite
from stockstorm.reports.result import Check, Incident
from tests.literal_history import history, ns, opened, pushed, recorded, sold, stock_event, version


def test_without_pushes_nothing_can_be_stale() -> None:
    found = StaleOverwrite()(history(opened()))
    assert (found.verdict, found.measures) == ("unknown", {})


def test_pushes_that_follow_the_master_are_no_stale_overwrites() -> None:
    found = StaleOverwrite()(
        history(
            opened(), version(10, 1, -2, 8), pushed(20, "bazaar", 8), version(30, 2, -2, 6), pushed(40, "bazaar", 6, 8)
        )
    )
    assert (found.verdict, found.measures) == ("valid", {"stale_overwrite.pushes": 0.0, "stale_overwrite.of": 2.0})


def test_a_push_that_goes_back_to_an_older_version_is_a_stale_overwrite() -> None:
    found = StaleOverwrite()(
        history(
            opened(),
            version(10, 1, -2, 8),
            stock_event(10, 5, 1),
            version(15, 2, -2, 6),
            pushed(20, "bazaar", 6),
            pushed(30, "bazaar", 8, 6),
        )
    )
    assert found == Check(
        name="stale_overwrite",
        verdict="invalid",
        reason="1 of 2 pushes put a listing back to an older state",
        measures={"stale_overwrite.pushes": 1.0, "stale_overwrite.of": 2.0},
        incidents=(
            Incident(
                kind="stale_overwrite",
                at_ns=ns(30),
                text=(
                    "bazaar was set to 8 of MUG at 0.030 s: that was right at 0.010 s (version "
                    "1), but it had already shown a later version"
                ),
                channel="bazaar",
                sku="MUG",
                units=8,
                events=(5,),
            ),
        ),
        incidents_total=1,
    )


def test_a_push_on_a_channel_that_never_opened_is_not_judged_stale() -> None:
    found = StaleOverwrite()(history(opened(), pushed(20, "ghost", 3)))
    assert (found.verdict, found.measures) == ("valid", {"stale_overwrite.pushes": 0.0, "stale_overwrite.of": 1.0})


def test_a_push_that_lacks_a_concurrent_order_is_not_stale() -> None:
    found = StaleOverwrite()(
        history(
            opened(),
            sold(10, 1, "mercado", 2),
            version(10, 1, -1, 9),
            pushed(20, "bazaar", 7),
            pushed(30, "bazaar", 9, 7),
        )
    )
    assert (found.verdict, found.measures) == ("valid", {"stale_overwrite.pushes": 0.0, "stale_overwrite.of": 2.0})


def test_a_restock_to_an_earlier_value_makes_that_value_current_again() -> None:
    found = StaleOverwrite()(
        history(
            opened(),
            version(10, 1, -2, 8),
            pushed(20, "bazaar", 8),
            version(30, 2, 2, 10, "restock"),
            pushed(40, "bazaar", 10, 8),
        )
    )
    assert (found.verdict, found.measures) == ("valid", {"stale_overwrite.pushes": 0.0, "stale_overwrite.of": 2.0})


def test_a_sku_with_an_order_applied_twice_is_not_judged_stale() -> None:
    twice = (sold(1, 1, "mercado", 2), recorded(5, 1, -2, 8, "mercado:1"), recorded(9, 2, -2, 6, "mercado:1"))
    found = StaleOverwrite()(history(opened(), twice, pushed(20, "bazaar", 6), pushed(30, "bazaar", 8, 6)))
    assert (found.verdict, found.measures) == ("valid", {"stale_overwrite.pushes": 0.0, "stale_overwrite.of": 2.0})
