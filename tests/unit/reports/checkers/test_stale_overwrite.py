"""A push that goes back to an older state than it had shown is a stale overwrite."""

import pytest
from msgspec.structs import replace

from stockstorm.reports.checkers.stale_overwrite import StaleOverwrite
from stockstorm.reports.result import Check, Incident
from stockstorm.simulator.history import facts as f
from tests.literal_history import called, history, ns, opened, pushed, recorded, sold, stock_event, version


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


# mercado:1 is written by request 7 at 20 ms. What the master shows then, 9, includes it.
# A subject that got no answer counts it as not written, and lists 8, which is what the master showed at 10 ms.
UNANSWERED = (
    opened(),
    version(10, 1, -2, 8),
    pushed(12, "bazaar", 8),
    version(14, 2, 2, 10, "restock"),
    pushed(15, "bazaar", 10, 8),
    sold(16, 1, "mercado", 1),
    replace(recorded(20, 3, -1, 9, "mercado:1"), request=7),
)
REPEATED = replace(called(60, 8, "inventoryAdjustQuantities", outcome="replayed"), key="k")
AGAIN = pushed(40, "bazaar", 8, 9)


def answered(status: int) -> f.AnyFact:
    return replace(called(20, 7, "inventoryAdjustQuantities", status), key="k")


def stale_at(*facts: f.AnyFact | tuple[f.AnyFact, ...]) -> list[int]:
    return [incident.at_ns for incident in StaleOverwrite()(history(*facts)).incidents]


@pytest.mark.parametrize("status", [0, 502])
def test_an_order_whose_write_got_no_answer_may_be_counted_once_more(status: int) -> None:
    shown = pushed(30, "bazaar", 9, 10)
    assert stale_at(*UNANSWERED, answered(status), shown, AGAIN, REPEATED) == []
    assert stale_at(*UNANSWERED, answered(status), shown, AGAIN) == []


def test_the_first_push_after_the_telling_answer_may_have_been_decided_before() -> None:
    shown, decided_before, after = pushed(30, "bazaar", 9, 10), pushed(70, "bazaar", 8, 9), pushed(80, "bazaar", 8, 8)
    assert stale_at(*UNANSWERED, answered(0), shown, REPEATED, decided_before) == []
    assert stale_at(*UNANSWERED, answered(0), shown, REPEATED, decided_before, after) == [ns(80)]
    assert stale_at(*UNANSWERED, answered(0), shown, REPEATED, pushed(1_100, "bazaar", 8, 9)) == [ns(1_100)]


def test_a_write_that_was_answered_excuses_no_stale_push() -> None:
    assert stale_at(*UNANSWERED, answered(200), pushed(30, "bazaar", 9, 10), AGAIN) == [ns(40)]


def test_units_in_doubt_excuse_no_more_than_themselves() -> None:
    lower = (version(8, 1, -3, 7), pushed(9, "bazaar", 7), version(10, 2, 1, 8), *UNANSWERED[3:-1])
    numbered = [
        replace(each, version=each.version + 1) if isinstance(each, f.StockChanged) else each for each in lower[3:]
    ]
    facts = (opened(), *lower[:3], *numbered, replace(recorded(20, 4, -1, 9, "mercado:1"), request=7), answered(0))
    assert stale_at(*facts, pushed(30, "bazaar", 9, 10), pushed(40, "bazaar", 7, 9)) == [ns(40)]
