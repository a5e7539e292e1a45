"""An order moves the master's stock once."""

from stockstorm.reports.checkers.applied_twice import AppliedTwice
from stockstorm.reports.result import Check, Incident
from tests.literal_history import (
    at_rest,
    delivered,
    effect,
    history,
    ns,
    opened,
    order_event,
    probe_done,
    recorded,
    sold,
    stock_event,
    version,
    without_text,
)


def test_without_events_nothing_can_be_applied_twice() -> None:
    found = AppliedTwice()(history(opened()))
    assert (found.verdict, found.measures) == ("unknown", {})


def test_an_order_named_by_one_stock_change_was_applied_once() -> None:
    found = AppliedTwice()(history(opened(), sold(0, 1, "bazaar", 2), recorded(20, 1, -2, 8, "bazaar:1")))
    assert (found.verdict, found.measures) == ("valid", {"applied_twice.events": 0.0, "applied_twice.orders": 0.0})


def test_an_order_named_by_two_stock_changes_that_moved_stock_twice_was_applied_twice() -> None:
    found = AppliedTwice()(
        history(
            opened(),
            sold(0, 1, "bazaar", 2),
            order_event(0, 0, 1, "bazaar"),
            recorded(20, 1, -2, 8, "bazaar:1"),
            recorded(40, 2, -2, 6, "bazaar:1"),
        )
    )
    assert found == Check(
        name="applied_twice",
        verdict="invalid",
        reason="1 order applied more than once",
        measures={"applied_twice.events": 0.0, "applied_twice.orders": 1.0},
        incidents=(
            Incident(
                kind="applied_twice",
                at_ns=ns(40),
                text="order.created of bazaar's order 1 moved MUG by 2 units more than once, at 0.040 s",
                channel="bazaar",
                sku="MUG",
                order=1,
                units=2,
                events=(0,),
            ),
        ),
        incidents_total=1,
    )


def test_a_subject_that_wrote_nothing_is_not_judged() -> None:
    found = AppliedTwice()(history(opened(), sold(0, 1, "bazaar")))
    assert (found.verdict, found.measures) == ("unknown", {"applied_twice.events": 0.0})


def test_a_stock_change_larger_than_its_orders_applied_one_of_them_twice() -> None:
    found = AppliedTwice()(
        history(
            opened(), sold(0, 1, "bazaar", 2), sold(0, 2, "mercado", 1), recorded(20, 1, -5, 5, "bazaar:1", "mercado:2")
        )
    )
    assert (found.verdict, found.measures) == ("invalid", {"applied_twice.events": 0.0, "applied_twice.orders": 1.0})
    assert [without_text(incident) for incident in found.incidents] == [
        Incident(kind="applied_twice", at_ns=ns(20), text="", channel="bazaar", sku="MUG", order=1, units=2)
    ]


def test_a_subject_without_references_is_judged_in_net_terms() -> None:
    found = AppliedTwice()(
        history(
            opened(),
            sold(0, 1, "bazaar", 2),
            recorded(20, 1, -2, 8),
            recorded(40, 2, -2, 6),
            at_rest(9_000, 6, 8, 6, 6),
        )
    )
    assert (found.verdict, found.measures) == (
        "invalid",
        {"applied_twice.events": 0.0, "applied_twice.units": 2.0, "applied_twice.orders": 0.0},
    )
    assert found.notes == (
        "net only: the subject names no orders in its adjustments, so a lost and a doubled one hide each other",
    )
    assert [without_text(incident) for incident in found.incidents] == [
        Incident(kind="applied_twice", at_ns=ns(40), text="", sku="MUG", units=2)
    ]


def test_an_order_split_over_two_batches_was_not_applied_twice() -> None:
    found = AppliedTwice()(
        history(
            opened(),
            sold(0, 1, "bazaar", 2),
            sold(0, 2, "mercado", 1),
            recorded(20, 1, -1, 9, "bazaar:1", "mercado:2"),
            recorded(40, 2, -2, 7, "bazaar:1"),
        )
    )
    assert (found.verdict, found.measures) == ("valid", {"applied_twice.events": 0.0, "applied_twice.orders": 0.0})


def test_without_references_the_subjects_own_probe_counts_too() -> None:
    # Order 1 was applied twice and order 2 not at all, so the sums are right.
    hidden = (
        (sold(0, 1, "bazaar"), sold(0, 2, "mercado")),
        (order_event(0, 0, 1, "bazaar"), order_event(0, 1, 2, "mercado"), *delivered(0, 0), *delivered(0, 1)),
        (recorded(20, 1, -1, 9), recorded(40, 2, -1, 8)),
        (effect(0, "applied", 2), probe_done()),
    )
    for end in (at_rest(9_500, 8, 8, 8, 8), ()):
        found = AppliedTwice()(history(opened(), *hidden, end))
        assert (found.verdict, found.reason) == (
            "invalid",
            "1 order applied more than once, according to the subject itself",
        )
        assert found.measures["applied_twice.orders"] == 1.0
        assert [incident.order for incident in found.incidents] == [1]


def test_events_of_no_order_applied_twice_are_counted_as_events() -> None:
    stock = (version(0, 1, 5, 15, "restock"), stock_event(0, 0, 1), *delivered(0, 0, "inventory_levels/update"))
    found = AppliedTwice()(history(opened(), stock, effect(0, "applied", 2), probe_done()))
    assert (found.verdict, found.reason) == ("invalid", "1 event of no order applied more than once")
    assert found.measures == {"applied_twice.events": 1.0, "applied_twice.orders": 0.0}
