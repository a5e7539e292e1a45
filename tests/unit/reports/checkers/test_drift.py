"""At rest listings, recorded orders and the master agree with the truth."""

from msgspec import structs

from stockstorm.reports.checkers.drift import Drift
from stockstorm.reports.result import Check, Incident
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    SKU,
    START,
    at_rest,
    cancelled,
    delivered,
    effect,
    history,
    ns,
    opened,
    order_event,
    probe_done,
    recorded,
    sold,
    version,
    without_text,
)


def test_without_final_reads_drift_is_unknown() -> None:
    found = Drift()(history(opened()))
    assert (found.verdict, found.measures) == ("unknown", {})


def test_at_rest_everything_right_is_no_drift() -> None:
    found = Drift()(
        history(opened(), sold(0, 1, "bazaar"), recorded(20, 1, -1, 9, "bazaar:1"), at_rest(9_000, 9, 9, 9, 9))
    )
    assert (found.verdict, found.measures) == (
        "valid",
        {"drift.listings": 0.0, "drift.orders": 0.0, "drift.units": 0.0, "drift.probed": 0.0},
    )


def test_a_listing_that_differs_at_rest_has_drifted() -> None:
    found = Drift()(history(opened(), at_rest(9_000, 10, 10, 10, 12)))
    assert found == Check(
        name="drift",
        verdict="invalid",
        reason="at rest 1 listing and 0 orders were wrong, and the master differed from the shelf by 0 units",
        measures={"drift.listings": 1.0, "drift.orders": 0.0, "drift.units": 0.0, "drift.probed": 0.0},
        incidents=(
            Incident(
                kind="drift",
                at_ns=ns(9000),
                text=(
                    "At rest mercado lists 12 of MUG where 10 would be right; it was never set; which changes it "
                    "lacks cannot be told: its quantity fits no single moment"
                ),
                channel="mercado",
                sku="MUG",
                units=2,
            ),
        ),
        incidents_total=1,
    )


def test_drift_without_rest_is_unknown() -> None:
    found = Drift()(
        history(
            opened(),
            f.QuietReached(ns(8_000), quiet=False, waited_ns=5_000_000_000),
            f.FinalStock(ns(9_000), SKU, 10, 9, 0),
            f.FinalListing(ns(9_000), "bazaar", SKU, 9),
        )
    )
    assert (found.verdict, found.measures) == (
        "unknown",
        {"drift.listings": 1.0, "drift.orders": 0.0, "drift.units": 1.0, "drift.probed": 0.0},
    )


def test_an_unrecorded_order_of_two_at_once_has_drifted() -> None:
    found = Drift()(
        history(
            opened(),
            sold(0, 1, "bazaar"),
            sold(0, 2, "mercado", 2),
            order_event(0, 0, 2, "mercado"),
            recorded(20, 1, -1, 9, "bazaar:1"),
            at_rest(9_000, 9, 7, 9, 9),
        )
    )
    assert (found.verdict, found.measures) == (
        "invalid",
        {"drift.listings": 0.0, "drift.orders": 1.0, "drift.units": 2.0, "drift.probed": 0.0},
    )
    assert [without_text(incident) for incident in found.incidents] == [
        Incident(kind="drift", at_ns=ns(0), text="", channel="mercado", sku="MUG", order=2, units=2, events=(0,)),
        Incident(kind="drift", at_ns=ns(9000), text="", sku="MUG", units=2, events=(0,)),
    ]
    assert [incident.text for incident in found.incidents] == [
        "mercado's order 2: order.created (2 units of MUG, at 0.000 s) is not in the master's record",
        (
            "At rest the master shows 9 of MUG where 7 are on the shelf; explained by mercado's order 2 (2 units) not "
            "recorded (+2)"
        ),
    ]


def test_an_order_that_was_cancelled_before_it_was_written_has_not_drifted() -> None:
    found = Drift()(
        history(
            opened(),
            sold(0, 1, "bazaar"),
            cancelled(10, 1, "bazaar"),
            sold(0, 2, "mercado"),
            recorded(20, 1, -1, 9, "mercado:2"),
            at_rest(9_000, 9, 9, 9, 9),
        )
    )
    assert (found.verdict, found.measures) == (
        "valid",
        {"drift.listings": 0.0, "drift.orders": 0.0, "drift.units": 0.0, "drift.probed": 0.0},
    )


def test_an_order_that_the_master_records_and_nobody_placed_has_drifted() -> None:
    named = ("bazaar:1", "mercado:77", "mercado:77:cancelled", "bazaar:1:returned:5")
    found = Drift()(history(opened(), sold(0, 1, "bazaar"), recorded(20, 1, -1, 9, *named), at_rest(9_000, 9, 9, 9, 9)))
    assert found.verdict == "invalid"
    assert found.measures["drift.orders"] == 1.0
    assert [(incident.text, incident.channel) for incident in found.incidents] == [
        ("The master records order mercado:77, which nobody placed, since 0.020 s", "mercado")
    ]


def test_an_order_is_known_by_its_name_written_for_a_uri_too() -> None:
    found = Drift()(
        history(opened(), sold(0, 1, "bazaar"), recorded(20, 1, -1, 9, "bazaar:%31"), at_rest(9_000, 9, 9, 9, 9))
    )
    assert (found.verdict, found.measures["drift.orders"]) == ("valid", 0.0)


def pending_order(order: int, channel: str) -> tuple[f.AnyFact, ...]:
    """A sale whose acknowledged notification still waits in the subject, by its own probe."""
    fired = (sold(0, order, channel), order_event(0, order, order, channel), *delivered(0, order))
    return (*fired, effect(order, "pending", 0), probe_done())


def test_what_is_pending_has_not_drifted() -> None:
    """A wrong listing and a missing order, both with an event that the subject still has to apply."""
    found = Drift()(history(opened(), pending_order(1, "bazaar"), at_rest(8_000, 10, 9, 9, 10)))
    assert (found.verdict, found.reason) == ("unknown", "1 event still waited at the end; nothing else had drifted")
    assert set(found.measures.values()) == {0.0}
    assert not found.incidents


def test_what_is_wrong_without_anything_pending_has_drifted_all_the_same() -> None:
    other = f.ItemStocked(START - 1, "CUP", 2**53 + 2, 7, 5, 500, hot=False)
    finals = (f.FinalStock(ns(8_001), "CUP", 5, 5, 0), f.FinalListing(ns(8_001), "mercado", "CUP", 3))
    found = Drift()(history(opened(), other, pending_order(1, "bazaar"), at_rest(8_000, 10, 9, 9, 10), finals))
    assert found.verdict == "invalid"
    assert [(incident.channel, incident.sku) for incident in found.incidents] == [("mercado", "CUP")]


def test_a_sale_and_a_restock_at_once_count_where_nothing_of_their_sku_comes_later() -> None:
    words = "SKUs that end with a sale and a restock of as many units at once"
    *opening, start = opened()
    assert isinstance(start, f.RunStarted)
    meant = structs.replace(start, scenario={"quotas": {"netted": 5}})

    def counted(*facts: f.AnyFact) -> int:
        return Drift().exposure(history(*opening, meant, *facts))[words]

    sale, back = sold(10, 1, "bazaar"), version(30, 1, 1, 11, "restock")
    assert words not in Drift().exposure(history(opened(), sale, back))
    assert counted(sale, back) == 1
    assert counted(sale, version(30, 1, 2, 12, "restock")) == 0
    assert counted(sale, back, cancelled(50, 1, "bazaar")) == 0
    assert counted(sale, version(400, 1, 1, 11, "restock")) == 0
