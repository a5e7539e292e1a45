"""Buyers turned away although the units were there are counted."""

from stockstorm.reports.checkers.refused_though_available import RefusedThoughAvailable
from stockstorm.reports.result import Check, Incident
from tests.literal_history import history, ns, opened, refused, sold, without_text


def test_without_buyers_nobody_was_turned_away() -> None:
    found = RefusedThoughAvailable()(history(opened()))
    assert (found.verdict, found.measures) == ("unknown", {})


def test_a_buyer_turned_away_from_an_empty_shelf_was_refused_rightly() -> None:
    found = RefusedThoughAvailable()(history(opened(0), refused(0, 1, "bazaar")))
    assert (found.verdict, found.measures) == (
        "measured",
        {"refused.attempts": 0.0, "refused.units": 0.0, "refused.out_of_stock": 1.0},
    )


def test_a_buyer_turned_away_from_a_full_shelf_was_refused_wrongly() -> None:
    found = RefusedThoughAvailable()(history(opened(), refused(0, 1, "bazaar", 2, 5, 1)))
    assert found == Check(
        name="refused_though_available",
        verdict="measured",
        reason="1 buyer turned away although the units were there",
        measures={"refused.attempts": 1.0, "refused.units": 2.0, "refused.out_of_stock": 0.0},
        incidents=(
            Incident(
                kind="refused",
                at_ns=ns(0),
                text=("bazaar turned away a buyer of 2 MUG at 0.000 s: it showed 1, but 5 were on the shelf"),
                channel="bazaar",
                sku="MUG",
                order=1,
                units=2,
            ),
        ),
        incidents_total=1,
    )


def test_accepted_buyers_alone_mean_nobody_was_refused() -> None:
    found = RefusedThoughAvailable()(history(opened(), sold(0, 1, "bazaar")))
    assert (found.verdict, found.measures) == (
        "measured",
        {"refused.attempts": 0.0, "refused.units": 0.0, "refused.out_of_stock": 0.0},
    )


def test_only_the_buyer_whose_units_were_available_counts_of_two_at_one_instant() -> None:
    found = RefusedThoughAvailable()(
        history(opened(), refused(0, 1, "bazaar", 2, 2, 1), refused(0, 2, "mercado", 3, 2, 1))
    )
    assert (found.verdict, found.measures) == (
        "measured",
        {"refused.attempts": 1.0, "refused.units": 2.0, "refused.out_of_stock": 1.0},
    )
    assert [without_text(incident) for incident in found.incidents] == [
        Incident(kind="refused", at_ns=ns(0), text="", channel="bazaar", sku="MUG", order=1, units=2)
    ]
