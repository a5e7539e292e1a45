"""Live figures are estimates, but they count what they claim to count."""

from stockstorm.loadtests.generator.live_figures import LiveFigures
from stockstorm.simulator.history.facts import (
    AttemptEnded,
    EventFired,
    ListingPushed,
    PhaseStarted,
    PurchaseAccepted,
    StockChanged,
)

MS = 1_000_000


def sale(at_ns: int, physical: int) -> PurchaseAccepted:
    return PurchaseAccepted(
        at_ns=at_ns,
        order=1,
        channel="bazaar",
        ref="bazaar-1",
        skus=("A",),
        quantities=(2,),
        physical_before=(physical,),
        shown_before=(2,),
    )


def attempt(status: int) -> AttemptEnded:
    return AttemptEnded(
        at_ns=9 * MS,
        delivery=1,
        attempt=1,
        due_ns=2 * MS,
        started_ns=3 * MS,
        sent_ns=4 * MS,
        answered_ns=9 * MS,
        free_ns=2 * MS,
        status=status,
    )


def test_a_sale_beyond_the_physical_stock_counts_its_missing_units() -> None:
    live = LiveFigures(("bazaar", "mercado"))
    live.observe([sale(0, physical=2), sale(1, physical=1), sale(2, physical=-3)])
    assert live.oversold_units == 0 + 1 + 2
    assert live.oversells == [("bazaar", 1), ("bazaar", 2)]


def test_the_first_push_after_a_movement_is_a_sync_of_every_other_channel_only() -> None:
    live = LiveFigures(("bazaar", "mercado"))
    live.observe([sale(1 * MS, physical=9)])
    for channel in ("bazaar", "mercado", "mercado"):
        live.observe([ListingPushed(at_ns=21 * MS, channel=channel, sku="A", quantity=1, shown_before=2)])
    assert live.syncs == [("mercado", 20.0)]
    assert live.last_effect_ns == 21 * MS


def test_what_the_subject_wrote_to_the_master_owes_no_sync() -> None:
    live = LiveFigures(("bazaar",))
    change = StockChanged(
        at_ns=5, sku="A", inventory_item_id=1, location_id=1, version=1, delta=-1, available=4, cause="subject_adjust"
    )
    live.observe([change, ListingPushed(at_ns=9, channel="bazaar", sku="A", quantity=4, shown_before=5)])
    assert live.syncs == []


def test_only_acknowledgements_count_for_the_ack_time_which_runs_from_due() -> None:
    live = LiveFigures(())
    live.observe([attempt(200), attempt(503), PhaseStarted(at_ns=1, phase="burst")])
    live.observe([EventFired(at_ns=1, event=1, event_id="x", source="shopify", topic="orders/create")])
    assert (live.acknowledged, live.ack_p99_ms(), live.events, live.phase) == (1, 7.0, 1, "burst")
