"""Live figures are estimates, but they count what they claim to count; Locust's statistics name failures correctly."""

from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from stockstorm.loadtests.generator.figures import LiveFigures, LiveReporter, LocustStatistics
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.simulator.delivery.attempts import Answer
from stockstorm.simulator.history.facts import (
    AttemptEnded,
    EventFired,
    ListingPushed,
    PhaseStarted,
    PurchaseAccepted,
    StockChanged,
)

MS = 1_000_000
S = 1_000 * MS


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


def push(at_ns: int, channel: str) -> ListingPushed:
    return ListingPushed(at_ns=at_ns, channel=channel, sku="A", quantity=1, shown_before=2)


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


class Entries:
    """Stands for `fire` of Locust's event: keeps (type, name, failure) of every sample."""

    def __init__(self) -> None:
        self.fired: list[tuple[str, str, str]] = []

    def __call__(self, *, request_type: str, name: str, exception: Exception | None, **_: Any) -> None:
        self.fired.append((request_type, name, str(exception or "")))


def test_a_sale_beyond_the_physical_stock_counts_its_missing_units() -> None:
    live = LiveFigures(("bazaar", "mercado"))
    live.observe([sale(0, physical=2), sale(1, physical=1), sale(2, physical=-3)])
    assert live.oversold_units == 0 + 1 + 2
    assert live.take_oversells() == [("bazaar", 1), ("bazaar", 2)]
    assert live.take_oversells() == []


def test_the_first_push_after_a_movement_is_a_sync_of_every_other_channel_only() -> None:
    live = LiveFigures(("bazaar", "mercado"))
    live.observe([sale(1 * MS, physical=9)])
    live.observe([push(21 * MS, channel) for channel in ("bazaar", "mercado", "mercado")])
    assert live.take_syncs() == [("mercado", 20.0)]
    assert live.take_syncs() == []
    assert live.last_effect_ns == 21 * MS


def test_pushes_that_repeat_what_is_listed_are_work_once_and_not_for_ever() -> None:
    """A service that pushes its whole catalogue at a period never falls silent."""

    def as_it_is(at_ns: int, channel: str) -> ListingPushed:
        return replace(push(at_ns, channel), shown_before=push(at_ns, channel).quantity)

    live = LiveFigures(("bazaar", "mercado"))
    live.observe([push(1 * S, "bazaar"), as_it_is(2 * S, "bazaar"), as_it_is(3 * S, "mercado")])
    assert live.last_effect_ns == 3 * S  # a first round may still bring what differs
    live.observe([as_it_is(14 * S, "bazaar"), as_it_is(14 * S, "mercado")])
    assert live.last_effect_ns == 3 * S
    assert live.gaps.longest_ns == 1 * S
    live.observe([push(15 * S, "mercado"), as_it_is(16 * S, "bazaar")])
    assert live.last_effect_ns == 16 * S


def test_the_longest_wait_from_a_sale_to_a_write_is_known_once_the_subject_wrote() -> None:
    live = LiveFigures(("bazaar",))
    live.observe([sale(1 * S, physical=9)])
    assert live.kinds.writes.known_ns is None
    live.observe(
        [
            StockChanged(
                at_ns=4 * S,
                sku="A",
                inventory_item_id=1,
                location_id=1,
                version=1,
                delta=-2,
                available=4,
                cause="subject_adjust",
            )
        ]
    )
    assert live.kinds.writes.known_ns == 3 * S


def test_an_adjustment_by_the_subject_owes_no_sync() -> None:
    live = LiveFigures(("bazaar",))
    change = StockChanged(
        at_ns=5, sku="A", inventory_item_id=1, location_id=1, version=1, delta=-1, available=4, cause="subject_adjust"
    )
    live.observe([change, push(9, "bazaar")])
    assert live.take_syncs() == []


def test_only_acknowledgements_count_for_the_ack_time_which_runs_from_due() -> None:
    live = LiveFigures(())
    live.observe([attempt(200), attempt(503), PhaseStarted(at_ns=1, phase="burst")])
    live.observe([EventFired(at_ns=1, event=1, event_id="x", source="shopify", topic="orders/create")])
    assert (live.acknowledged, live.ack_p99_ms(), live.events, live.phase) == (1, 7.0, 1, "burst")


@pytest.mark.parametrize(
    ("forged", "status", "failure"),
    [(False, 200, ""), (False, 500, "HTTP 500"), (True, 401, ""), (True, 200, "HTTP 200"), (True, 500, "")],
)
def test_a_refused_forgery_is_a_success_and_an_accepted_one_a_failure(forged: bool, status: int, failure: str) -> None:
    entries = Entries()
    answer = Answer(started_ns=1, sent_ns=2, answered_ns=3, free_ns=1, ended_ns=3, status=status)
    LocustStatistics(entries).answered("orders/create", forged, answer, due_ns=1)
    assert entries.fired == [("FORGED" if forged else "ACK", "orders/create", failure)]


def test_a_report_sends_figures_and_enters_each_sync_and_oversell_once() -> None:
    figures, entries, sent = LiveFigures(("bazaar", "mercado")), Entries(), list[Live]()
    reporter = LiveReporter(figures, LocustStatistics(entries), lambda: 3, sent.append)
    figures.observe([sale(1 * S, physical=1), push(2 * S, "mercado")])
    for now_ns in (0, 5 * S, 12 * S):
        reporter.report(now_ns, start_ns=1 * S, duration_ns=10 * S)
    assert entries.fired == [("SYNC", "mercado", ""), ("OVERSELL", "bazaar", "bazaar sold units that did not exist")]
    assert [(live.elapsed_s, live.total_s, live.quiescing) for live in sent] == [
        (0.0, 10.0, False),
        (4.0, 10.0, False),
        (11.0, 10.0, True),
    ]
    assert {(live.pending, live.oversold_units, live.sync_p95_ms) for live in sent} == {(3, 1, 1_000.0)}


def test_locusts_counts_by_second_are_kept_of_the_last_seconds_only() -> None:
    def entry() -> SimpleNamespace:
        counts = dict.fromkeys(range(10_000), 1)
        return SimpleNamespace(num_reqs_per_sec=dict(counts), num_fail_per_sec=dict(counts))

    table = SimpleNamespace(total=entry(), entries={("topic", "ACK"): entry()}, history=list(range(10_000)))
    LocustStatistics(lambda **_: None, table).trim()
    for each in (table.total, *table.entries.values()):
        assert list(each.num_reqs_per_sec) == list(each.num_fail_per_sec) == list(range(10_000 - 60, 10_000))
    assert table.history == list(range(8_000, 10_000))
