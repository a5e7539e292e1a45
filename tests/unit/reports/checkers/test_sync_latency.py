"""Sync latency counts from a movement to the push on another channel that reflects it."""

import math

from stockstorm.reports.checkers.sync_latency import SyncLatency
from stockstorm.reports.result import Check, Incident
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    SKU,
    at_rest,
    called,
    cancelled,
    history,
    no_rest,
    ns,
    opened,
    planned,
    pushed,
    recorded,
    rest,
    sold,
    stock_event,
    version,
)


def traded(n: int) -> tuple[f.AnyFact, ...]:
    left = 99 - n
    reflected = (pushed(20 * n + 10, "bazaar", left), pushed(20 * n + 10, "mercado", left))
    return (sold(20 * n, n, "online"), version(20 * n, n + 1, -1, left, order=n), *reflected)


def quantiles(p50: float, p95: float, p99: float, most: float, kind: str = "") -> dict[str, float]:
    values = {"p50": p50, "p95": p95, "p99": p99, "max": most}
    return {f"sync_latency_ms.{kind}{name}": value for name, value in values.items()}


TRADE = tuple(fact for n in range(15) for fact in traded(n))


def test_without_movements_the_sync_latency_is_unknown() -> None:
    found = SyncLatency()(history(opened()))
    assert (found.verdict, found.measures) == (
        "unknown",
        {
            "sync_latency_visible_ms.owed": 0.0,
            "sync_latency_ms.owed": 0.0,
            "sync_latency_ms.not_owed": 0.0,
            "sync_latency_ms.moot": 0.0,
            "sync_latency_ms.never": 0.0,
        },
    )


def test_thirty_movements_reflected_after_10_ms_have_a_sync_latency() -> None:
    found = SyncLatency()(history(opened(100), TRADE))
    assert (found.verdict, found.measures) == (
        "measured",
        {
            **quantiles(10.0, 10.0, 10.0, 10.0),
            **quantiles(10.0, 10.0, 10.0, 10.0, "with_moot."),
            "sync_latency_visible_ms.owed": 0.0,
            "sync_latency_ms.owed": 30.0,
            "sync_latency_ms.not_owed": 0.0,
            "sync_latency_ms.moot": 0.0,
            "sync_latency_ms.never": 0.0,
            "sync_latency_ms.open": 0.0,
        },
    )


def test_a_listing_that_no_push_corrected_is_infinitely_late() -> None:
    found = SyncLatency()(history(opened(100), TRADE[:-1], rest()))
    assert found == Check(
        name="sync_latency",
        verdict="measured",
        reason="30 movements owed to a listing, 1 of them never reflected",
        measures={
            **quantiles(10.0, 10.0, math.inf, math.inf),
            **quantiles(10.0, 10.0, math.inf, math.inf, "with_moot."),
            "sync_latency_visible_ms.owed": 0.0,
            "sync_latency_ms.owed": 30.0,
            "sync_latency_ms.not_owed": 0.0,
            "sync_latency_ms.moot": 0.0,
            "sync_latency_ms.never": 1.0,
            "sync_latency_ms.open": 0.0,
        },
        incidents=(
            Incident(
                kind="unreflected",
                at_ns=ns(280),
                text="mercado never reflected a sale of MUG at 0.280 s: "
                "its listing was wrong then and no push corrected it",
                channel="mercado",
                sku="MUG",
                units=1,
            ),
        ),
        incidents_total=1,
    )


def test_the_units_of_a_sale_are_those_of_all_its_lines_of_the_sku() -> None:
    sale = f.PurchaseAccepted(ns(0), 1, "bazaar", "1", (SKU, SKU), (1, 2), (10, 9), (10, 9))
    found = SyncLatency()(history(opened(), sale, recorded(20, 1, -3, 7, "bazaar:1"), rest()))
    assert [(incident.kind, incident.channel, incident.units) for incident in found.incidents] == [
        ("unreflected", "mercado", 3)
    ]


def test_a_few_owed_movements_are_too_few() -> None:
    found = SyncLatency()(history(opened(), sold(0, 1, "bazaar"), pushed(40, "mercado", 9)))
    assert (found.verdict, found.measures) == (
        "unknown",
        {
            **quantiles(40.0, 40.0, 40.0, 40.0),
            **quantiles(40.0, 40.0, 40.0, 40.0, "with_moot."),
            "sync_latency_visible_ms.owed": 0.0,
            "sync_latency_ms.owed": 1.0,
            "sync_latency_ms.not_owed": 0.0,
            "sync_latency_ms.moot": 0.0,
            "sync_latency_ms.never": 0.0,
        },
    )


def test_a_movement_that_sales_on_the_channel_itself_settled_is_moot() -> None:
    found = SyncLatency()(
        history(
            opened(1),
            sold(0, 1, "online", 1, 1, 1),
            version(0, 1, -1, 0, order=1),
            sold(0, 2, "bazaar", 1, 0, 1),
            pushed(30, "mercado", 0, 1),
        )
    )
    assert (found.verdict, found.measures) == (
        "unknown",
        {
            **quantiles(30.0, 30.0, 30.0, 30.0),
            **quantiles(30.0, 30.0, 30.0, 30.0, "with_moot."),
            "sync_latency_visible_ms.owed": 0.0,
            "sync_latency_ms.owed": 2.0,
            "sync_latency_ms.not_owed": 0.0,
            "sync_latency_ms.moot": 1.0,
            "sync_latency_ms.never": 0.0,
        },
    )


def test_a_movement_is_moot_once_the_listing_is_right_though_an_order_was_netted_away_unwritten() -> None:
    # mercado sells one and cancels it before anything was written, so neither is ever in the master. Then the own store
    # sells one and takes it back: the listings were wrong in between and right afterwards, without a push.
    unwritten = (sold(10, 1, "mercado"), cancelled(20, 1, "mercado"), pushed(30, "mercado", 10, shown=9))
    taken_back = (
        sold(100, 2, "online"),
        version(100, 1, -1, 9, order=2),
        cancelled(200, 2, "online"),
        version(200, 2, 1, 10, cause="cancellation", order=2),
    )
    at_end = at_rest(900, available=10, physical=10, bazaar=10, mercado=10)
    found = SyncLatency()(history(opened(), unwritten, taken_back, at_end))
    assert {name: found.measures[f"sync_latency_ms.{name}"] for name in ("moot", "never")} == {
        "moot": 2.0,
        "never": 0.0,
    }


def test_a_cancellation_is_moot_once_a_sale_took_its_units_before_it_was_recorded() -> None:
    # bazaar takes an order back, so mercado shows one too few; the own store sells one, and mercado is right again.
    before = (
        sold(10, 1, "bazaar"),
        recorded(20, 1, -1, 9, "bazaar:1"),
        pushed(30, "bazaar", 9),
        pushed(30, "mercado", 9),
    )
    back = (
        cancelled(100, 1, "bazaar"),
        sold(200, 2, "online"),
        version(200, 2, -1, 8, order=2),
        recorded(300, 3, 1, 9, "bazaar:1:cancelled"),
    )
    found = SyncLatency()(history(opened(), before, back, at_rest(900, available=9, physical=9, bazaar=9, mercado=9)))
    assert found.measures["sync_latency_ms.never"] == 0.0


def test_a_sale_that_brings_what_is_left_down_to_a_listing_owes_it_nothing_though_an_order_was_netted_away() -> None:
    unwritten = (sold(10, 1, "mercado"), cancelled(20, 1, "mercado"), pushed(30, "mercado", 10, shown=9))
    restocked = version(100, 1, 1, 11, cause="restock")
    taken = (sold(200, 2, "mercado", shown=11), recorded(300, 2, -1, 10, "mercado:2"), pushed(310, "mercado", 10))
    at_end = at_rest(900, available=10, physical=10, bazaar=10, mercado=10)
    found = SyncLatency()(history(opened(), unwritten, restocked, taken, at_end))
    assert found.measures["sync_latency_ms.never"] == 0.0


def test_a_moot_pair_counts_beside_the_latency_at_the_time_for_which_its_listing_was_wrong() -> None:
    # mercado is told of nothing for 40 s, until it has itself sold what the own store sold before.
    hung = (sold(1_000, 90, "online", 1), version(1_000, 16, -1, 84, order=90), pushed(1_010, "bazaar", 84))
    sold_out = (sold(41_000, 91, "mercado", 85, 84, 85), recorded(41_005, 17, -85, -1, "mercado:91"))
    found = SyncLatency()(history(opened(100), TRADE, hung, sold_out, pushed(41_010, "bazaar", 0)))
    latency = {name: found.measures[f"sync_latency_ms.{name}"] for name in ("moot", "max", "with_moot.p95")}
    assert latency == {"moot": 1.0, "max": 10.0, "with_moot.p95": 10.0}
    assert found.measures["sync_latency_ms.with_moot.max"] == 40_000.0


def test_a_movement_without_subscription_is_visible_at_once() -> None:
    def seen(unheard: bool) -> float:
        events: list[f.AnyFact] = []
        for n in range(15):
            asked = 20 * n + 8  # two milliseconds before it pushed
            events += [stock_event(20 * n, n, n + 1), called(asked, n, "inventoryItems")]
            events.append(f.StockShown(ns(asked), n, (SKU,), (n + 1,)))
            events.append(f.EventUnheard(ns(20 * n), n) if unheard else planned(20 * n, n, n))
        return SyncLatency()(history(opened(100), TRADE, tuple(events))).measures["sync_latency_visible_ms.p95"]

    assert (seen(unheard=True), seen(unheard=False)) == (10.0, 2.0)


def test_a_movement_that_is_pending_at_the_end_counts_for_as_long_as_it_waited() -> None:
    found = SyncLatency()(history(opened(100), TRADE[:-1], no_rest(5_280, probe=1)))
    assert (found.measures["sync_latency_ms.max"], found.measures["sync_latency_ms.never"]) == (5_000.0, 0.0)
    assert found.measures["sync_latency_ms.open"] == 1.0
    assert found.at_least == "1 movement was still pending when the run ended"
    assert not found.incidents
