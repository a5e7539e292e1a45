"""Every fired event falls into one class on each of two axes."""

from stockstorm.reports.checkers.event_classes import EventClasses
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    at_rest,
    delivered,
    history,
    ns,
    opened,
    order_event,
    planned,
    pushed,
    recorded,
    sold,
    stock_event,
    version,
)


def test_without_events_there_are_no_classes() -> None:
    found = EventClasses()(history(opened()))
    assert (found.verdict, found.measures) == ("unknown", {})


def test_an_acknowledged_order_in_the_master_is_in_the_class_once() -> None:
    found = EventClasses()(
        history(
            opened(),
            sold(0, 1, "bazaar"),
            order_event(0, 0, 1, "bazaar"),
            delivered(0, 0),
            recorded(20, 1, -1, 9, "bazaar:1"),
        )
    )
    assert found == Check(
        name="event_classes",
        verdict="measured",
        reason="all of 1 event accounted for",
        measures={"event_classes.acknowledged.once": 1.0, "event_classes.fired": 1.0},
    )


def test_an_acknowledged_order_that_the_master_lacks_at_rest_is_in_the_class_none() -> None:
    found = EventClasses()(
        history(
            opened(),
            sold(0, 1, "bazaar"),
            order_event(0, 0, 1, "bazaar"),
            delivered(0, 0),
            recorded(20, 1, -1, 9, "mercado:7"),
            sold(1, 7, "mercado"),
            at_rest(9_000, 9, 8, 9, 9),
        )
    )
    assert (found.verdict, found.measures) == (
        "measured",
        {"event_classes.acknowledged.none": 1.0, "event_classes.fired": 1.0},
    )


def test_an_event_whose_delivery_has_no_end_makes_the_sums_differ() -> None:
    found = EventClasses()(history(opened(), sold(0, 1, "bazaar"), order_event(0, 0, 1, "bazaar"), planned(0, 0, 0)))
    assert (found.verdict, found.measures) == ("unknown", {"event_classes.fired": 1.0})


def test_events_of_one_instant_are_each_classified() -> None:
    found = EventClasses()(
        history(
            opened(),
            sold(0, 1, "online"),
            version(0, 1, -1, 9, order=1),
            stock_event(0, 0, 1),
            order_event(0, 1, 1, "shopify", "orders/create"),
            f.EventUnheard(ns(0), 1),
            delivered(0, 0, "inventory_levels/update"),
            pushed(30, "bazaar", 9),
            pushed(30, "mercado", 9),
        )
    )
    assert (found.verdict, found.measures) == (
        "measured",
        {
            "event_classes.acknowledged.once": 1.0,
            "event_classes.no_subscription.not_judged": 1.0,
            "event_classes.fired": 2.0,
        },
    )
