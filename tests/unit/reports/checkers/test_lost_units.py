"""Lost units are what an ideal subject sells on the same plan, less what was validly sold."""

from stockstorm.reports.checkers.lost_units import LostUnits
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from tests.literal_history import cancelled, history, ns, opened, refused, sold, version


def test_without_buyers_no_units_were_lost() -> None:
    found = LostUnits()(history(opened()))
    assert (found.verdict, found.measures) == ("unknown", {})


def test_a_run_that_sold_what_the_ideal_sells_lost_nothing() -> None:
    found = LostUnits()(history(opened(), sold(0, 1, "bazaar", 2)))
    assert found == Check(
        name="lost_units",
        verdict="measured",
        reason="2 units validly sold where a subject without latency sells 2",
        measures={
            "lost_units.units": 0.0,
            "lost_units.value": 0.0,
            "lost_units.ideal": 2.0,
            "lost_units.validly_sold": 2.0,
        },
    )


def test_a_refused_buyer_whose_units_were_there_is_lost() -> None:
    found = LostUnits()(history(opened(2), refused(0, 1, "bazaar", 2, 2, 0)))
    assert (found.verdict, found.measures) == (
        "measured",
        {
            "lost_units.units": 2.0,
            "lost_units.value": 10.0,
            "lost_units.ideal": 2.0,
            "lost_units.validly_sold": 0.0,
        },
    )


def test_without_a_catalogue_nothing_can_be_replayed() -> None:
    found = LostUnits()(history(sold(0, 1, "bazaar", 2)))
    assert (found.verdict, found.measures) == ("unknown", {})


def test_cancelled_and_returned_units_are_sold_again_by_the_ideal() -> None:
    found = LostUnits()(
        history(
            opened(1),
            sold(0, 1, "bazaar", 1, 1, 1),
            cancelled(10, 1, "bazaar"),
            refused(20, 2, "mercado", 1, 1, 0),
            f.FollowUpVoid(ns(30), 2, "cancellation"),
            refused(40, 3, "online", 1, 1, 0),
            version(50, 1, 2, 2, "restock"),
            refused(60, 4, "bazaar", 3, 3, 0),
            refused(60, 5, "bazaar", 1, 3, 0),
        )
    )
    assert (found.verdict, found.measures) == (
        "measured",
        {
            "lost_units.units": 3.0,
            "lost_units.value": 15.0,
            "lost_units.ideal": 4.0,
            "lost_units.validly_sold": 1.0,
        },
    )
