"""Every notification has an outcome, or the finding is unknown."""

from stockstorm.reports.checkers.delivery import Delivery
from stockstorm.reports.result import Check
from tests.literal_history import delivered, ended, history, opened, planned


def test_without_deliveries_nothing_is_known() -> None:
    found = Delivery()(history(opened()))
    assert (found.verdict, found.measures) == ("unknown", {})


def test_a_delivery_that_was_acknowledged_is_accounted_for() -> None:
    found = Delivery()(history(opened(), delivered(0, 0)))
    assert found == Check(
        name="delivery",
        verdict="measured",
        reason="1 notification with a known outcome",
        measures={
            "delivery.acknowledged": 1.0,
            "delivery.given_up": 0.0,
            "delivery.refused": 0.0,
            "delivery.subscription_removed": 0.0,
            "delivery.pending": 0.0,
            "delivery.planned": 1.0,
            "delivery.unheard": 0.0,
            "delivery.offered_per_s": 0.1,
            "delivery.throughput_per_s": 0.1,
        },
    )


def test_a_delivery_without_an_end_makes_it_unknown() -> None:
    found = Delivery()(history(opened(), delivered(0, 0), planned(1, 1, 1)))
    assert (found.verdict, found.measures) == (
        "unknown",
        {
            "delivery.acknowledged": 1.0,
            "delivery.given_up": 0.0,
            "delivery.refused": 0.0,
            "delivery.subscription_removed": 0.0,
            "delivery.pending": 0.0,
            "delivery.planned": 2.0,
            "delivery.unheard": 0.0,
            "delivery.offered_per_s": 0.2,
            "delivery.throughput_per_s": 0.1,
        },
    )


def test_a_delivery_that_was_pending_at_the_end_makes_it_unknown() -> None:
    found = Delivery()(history(opened(), planned(0, 0, 0), ended(9_000, 0, "pending")))
    assert (found.verdict, found.measures) == (
        "unknown",
        {
            "delivery.acknowledged": 0.0,
            "delivery.given_up": 0.0,
            "delivery.refused": 0.0,
            "delivery.subscription_removed": 0.0,
            "delivery.pending": 1.0,
            "delivery.planned": 1.0,
            "delivery.unheard": 0.0,
            "delivery.offered_per_s": 0.1,
            "delivery.throughput_per_s": 0.0,
        },
    )


def test_deliveries_that_overlap_are_counted_by_how_they_ended() -> None:
    found = Delivery()(
        history(opened(), planned(0, 0, 0), planned(0, 1, -1, forged="unsigned"), ended(5, 1, "refused"), ended(6, 0))
    )
    assert (found.verdict, found.measures) == (
        "measured",
        {
            "delivery.acknowledged": 1.0,
            "delivery.given_up": 0.0,
            "delivery.refused": 1.0,
            "delivery.subscription_removed": 0.0,
            "delivery.pending": 0.0,
            "delivery.planned": 2.0,
            "delivery.unheard": 0.0,
            "delivery.offered_per_s": 0.2,
            "delivery.throughput_per_s": 0.1,
        },
    )
