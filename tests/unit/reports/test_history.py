"""A history sorts its facts and answers what every checker asks first."""

from typing import Any

import pytest

from stockstorm.reports.history import History
from stockstorm.reports.history.channel_orders import misfit_skus
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    SKU,
    START,
    at_rest,
    ended,
    history,
    no_rest,
    ns,
    opened,
    planned,
    pushed,
    recorded,
    sold,
    started,
    tried,
    version,
)


def test_facts_are_sorted_by_time_and_those_of_one_instant_keep_their_order() -> None:
    first, second, third = f.OrderPaid(5, 1, "a"), f.OrderPaid(5, 2, "a"), f.OrderPaid(3, 3, "a")
    assert History.of([first, second, third]).facts == (third, first, second)


def test_facts_of_a_kind_come_with_their_place_in_the_whole() -> None:
    found = history(f.LoadStopped(ns(1)), f.OrderPaid(ns(2), 1, "a"), f.OrderPaid(ns(3), 2, "a"))
    assert [(seq, fact.order) for seq, fact in found.numbered(f.OrderPaid)] == [(1, 1), (2, 2)]
    assert list(found.numbered(f.RunEnded)) == []


def test_without_fact_zero_there_is_no_start() -> None:
    empty = history()
    with pytest.raises(LookupError, match="no RunStarted"):
        _ = empty.started
    assert (empty.start_ns, empty.end_ns, empty.safety_stock) == (0, 0, 0)


def test_load_lasts_until_it_stopped_and_else_as_planned() -> None:
    assert history(started(9_000)).load_ns == 9_000_000_000
    assert history(started(9_000), f.LoadStopped(ns(7_000))).load_ns == 7_000_000_000


def test_times_for_people_count_from_the_start_of_load() -> None:
    assert history(started()).offset(START + 1_234_567_890) == "1.235 s"


def test_a_run_is_at_rest_only_when_quiet_was_reached() -> None:
    assert history(opened(), at_rest(9, 10, 10, 10, 10)).unrest == ""
    assert "no QuietReached" in history(opened()).unrest
    late = f.QuietReached(ns(1), quiet=False, waited_ns=30_000_000_000)
    assert history(late).unrest == "the subject was still at work when the wait of 30 s ran out"


def test_a_delivery_between_two_tries_keeps_a_run_from_rest_not_the_subject() -> None:
    late = f.QuietReached(ns(9), quiet=False, waited_ns=15_000_000_000)
    failed = (planned(0, 1, 1), tried(1, 1, status=503), ended(10, 1, "pending"))
    untried = (planned(8, 2, 2), ended(10, 2, "pending"))
    assert history(late, failed, untried).unrest == (
        "1 delivery still waited for the next retry when the wait of 15 s ran out"
    )
    assert "still at work" in history(late, untried).unrest


def test_a_gap_between_versions_is_refused() -> None:
    broken = history(opened(), version(10, 2, -1, 9))
    with pytest.raises(ValueError, match="from version 0 to 2"):
        _ = broken.ledgers


def test_an_order_is_included_by_the_version_that_names_it() -> None:
    found = history(opened(), sold(0, 1, "bazaar", 3), version(5, 1, -1, 9), recorded(9, 2, -3, 6, "bazaar:1"))
    ledger = found.ledgers["MUG"]
    assert ledger.base == [10, 9, 9]
    assert [ledger.floor(state, len(found.facts)) for state in range(3)] == [7, 6, 6]
    assert [ledger.ceiling(state) for state in range(3)] == [10, 9, 6]


def test_a_row_of_no_units_includes_the_orders_that_cancel_out() -> None:
    found = history(
        opened(),
        sold(0, 1, "bazaar", 2),
        f.OrderReturned(ns(1), 7, "mercado", "7", 70, ("MUG",), (2,), restocked=True),
        f.StockUnmoved(ns(9), "MUG", 0, "urn:channel-orders:bazaar:1,mercado:7:returned:70"),
    )
    assert [(effect.token, effect.version, effect.times) for effect in found.orders.effects] == [
        ("bazaar:1", 0, 1),
        ("mercado:7:returned:70", 0, 1),
    ]
    assert found.ledgers["MUG"].base == [10, 12]


def test_a_listing_falls_by_what_its_channel_sells_and_rises_only_when_pushed() -> None:
    found = history(opened(), sold(1, 1, "bazaar", 4), pushed(2, "bazaar", 8, 6))
    shelf = found.listings["bazaar", "MUG"]
    assert shelf.listed == [10, 6, 8]
    assert found.listings["mercado", "MUG"].listed == [10]


def test_without_references_orders_are_tied_first_in_first_out() -> None:
    found = history(opened(), sold(0, 1, "bazaar", 2), sold(1, 2, "mercado", 1), recorded(9, 1, -2, 8))
    assert found.orders.net_only
    assert [effect.version for effect in found.orders.effects] == [1, -1]


SOLD = (sold(0, 1, "bazaar", 3), recorded(1, 1, -3, 7, "bazaar:1"))
SCRAPPED = f.OrderReturned(ns(2), 1, "bazaar", "1", 70, ("MUG",), (1,), restocked=False)
RETURNED = f.OrderReturned(ns(2), 1, "bazaar", "1", 70, ("MUG",), (1,), restocked=True)
CANCELLED = f.OrderCancelled(ns(3), 1, "bazaar", "1", ("MUG",), (2,))


def effects_of(*facts: Any) -> tuple[list[tuple[str, int, bool]], list[int]]:
    """Token, version and settled of each effect; and the excess of each misfit of a SKU that does not fit in sum."""
    orders = history(opened(), *facts).orders
    effects = [(effect.token, effect.version, effect.settled) for effect in orders.effects]
    return effects, [misfit.excess for misfit in orders.misfits if misfit.row.sku in misfit_skus(orders)]


def test_a_cancellation_that_was_heard_of_before_the_return_holds_the_return() -> None:
    """The subject gives back all three at once, and nothing more when it hears of the return."""
    wanted = [("bazaar:1", 1, False), ("bazaar:1:returned:70", 2, False), ("bazaar:1:cancelled", 2, False)]
    assert effects_of(SOLD, RETURNED, CANCELLED, recorded(5, 2, 3, 10, "bazaar:1:cancelled")) == (wanted, [])


def test_what_was_given_back_too_much_can_be_taken_when_the_return_is_heard_of() -> None:
    late = recorded(6, 3, -1, 9, "bazaar:1:returned:70")
    wanted = [("bazaar:1", 1, False), ("bazaar:1:cancelled", 2, False)]
    assert effects_of(SOLD, SCRAPPED, CANCELLED, recorded(5, 2, 3, 10, "bazaar:1:cancelled"), late) == (wanted, [])


def test_a_return_that_was_lost_is_not_held_by_a_cancellation_of_its_own_units() -> None:
    wanted = [("bazaar:1", 1, False), ("bazaar:1:returned:70", -1, False), ("bazaar:1:cancelled", 2, False)]
    assert effects_of(SOLD, RETURNED, CANCELLED, recorded(5, 2, 2, 9, "bazaar:1:cancelled")) == (wanted, [])


def test_a_return_that_is_written_as_well_was_given_back_twice() -> None:
    rows = (recorded(5, 2, 3, 10, "bazaar:1:cancelled"), recorded(6, 3, 1, 11, "bazaar:1:returned:70"))
    effects, misfits = effects_of(SOLD, RETURNED, CANCELLED, *rows)
    assert [each for each in effects if each[1] < 0] == []
    assert misfits == [1]
    assert set(history(opened(), SOLD, RETURNED, CANCELLED, *rows).doublings.by_order) == {(1, "returned")}


def test_a_unit_that_was_scrapped_of_an_order_that_was_never_written_is_taken_by_a_row_of_its_return() -> None:
    late = recorded(6, 1, -1, 9, "bazaar:1:returned:70")
    other = (sold(7, 2, "bazaar", 1), recorded(9, 2, -1, 8, "bazaar:2"))
    wanted = [("bazaar:1", 1, False), ("bazaar:1:cancelled", 1, False), ("bazaar:2", 2, False)]
    assert effects_of(sold(0, 1, "bazaar", 3), SCRAPPED, CANCELLED, late, *other) == (wanted, [])


@pytest.mark.parametrize(("back", "settled"), [(RETURNED, True), (SCRAPPED, False)])
def test_an_order_that_comes_to_nothing_before_it_is_written_needs_no_row(back: Any, settled: bool) -> None:
    other = (sold(4, 2, "bazaar", 1), recorded(9, 1, -1, 9, "bazaar:2"))
    effects, misfits = effects_of(sold(0, 1, "bazaar", 3), back, CANCELLED, *other)
    assert [each for each in effects if each[0].startswith("bazaar:1")] == [
        (token, -1, settled)
        for token in ("bazaar:1", "bazaar:1:returned:70", "bazaar:1:cancelled")
        if back is RETURNED or "returned" not in token
    ]
    assert misfits == []


def test_orders_of_a_call_that_come_to_nothing_for_a_sku_need_no_row_of_it() -> None:
    """The call names them in its row of another SKU. Order 4 is lost, so the sum of what is unwritten is not 0."""
    both = f.PurchaseAccepted(ns(0), 1, "bazaar", "1", (SKU, "CUP"), (2, 1), (10, 10), (10, 10))
    back = f.OrderReturned(ns(1), 2, "bazaar", "2", 70, (SKU,), (2,), restocked=True)
    cup = f.ItemStocked(START - 1, "CUP", 2**53 + 3, 7, 10, 500, hot=False)
    reference = "urn:channel-orders:bazaar:1,bazaar:2:returned:70"
    row = f.StockChanged(ns(9), "CUP", 2**53 + 3, 7, 1, -1, 9, "subject_adjust", -1, reference)
    found = history(cup, opened(), both, back, sold(2, 4, "mercado"), version(3, 1, -1, 9), row)
    assert [(effect.token, effect.sku, effect.version, effect.settled) for effect in found.orders.effects] == [
        ("bazaar:1", SKU, -1, True),
        ("bazaar:1", "CUP", 1, False),
        ("bazaar:2:returned:70", SKU, -1, True),
        ("mercado:4", SKU, -1, False),
    ]


def test_without_references_a_row_that_nets_a_sale_and_a_cancellation_includes_both() -> None:
    """Units by sign would leave the sales one unit short, and so the last sale without a version for ever."""
    found = history(
        opened(),
        sold(0, 1, "bazaar", 2),
        recorded(1, 1, -2, 8),
        sold(2, 2, "mercado", 1),
        f.OrderCancelled(ns(3), 1, "bazaar", "1", ("MUG",), (2,)),
        recorded(4, 2, 1, 9),
        sold(5, 3, "mercado", 1),
        recorded(6, 3, -1, 8),
    )
    assert [(effect.token, effect.version) for effect in found.orders.effects] == [
        ("bazaar:1", 1),
        ("mercado:2", 2),
        ("bazaar:1:cancelled", 2),
        ("mercado:3", 3),
    ]


@pytest.mark.parametrize(("returned_ms", "settled"), [(4_900.0, True), (6_000.0, False)])
def test_without_references_what_came_to_nothing_at_once_did_not_wait_for_the_next_row(
    returned_ms: float, settled: bool
) -> None:
    """A sale that came back within seconds needs no row. The next one, for another order, holds that order alone."""
    found = history(
        opened(),
        sold(0, 1, "bazaar", 2),
        f.OrderReturned(ns(returned_ms), 1, "bazaar", "1", 70, ("MUG",), (2,), restocked=True),
        sold(20_000, 2, "mercado", 1),
        recorded(20_100, 1, -1, 9),
    )
    assert [(effect.token, effect.version, effect.settled) for effect in found.orders.effects] == [
        ("bazaar:1", -1 if settled else 1, settled),
        ("bazaar:1:returned:70", -1 if settled else 1, settled),
        ("mercado:2", 1, False),
    ]


def test_without_references_an_order_that_is_lost_moves_the_later_ones_and_the_last_is_missing() -> None:
    found = history(
        opened(),
        sold(0, 1, "bazaar", 2),
        sold(1, 2, "mercado", 1),
        recorded(4, 1, -1, 9),
        sold(5, 3, "mercado", 2),
        recorded(6, 2, -2, 7),
    )
    assert [effect.version for effect in found.orders.effects] == [2, 2, -1]


@pytest.mark.parametrize(
    ("seen", "text", "why"),
    [
        ({"probe": 66}, "66 pending by probe", "the probe still reported 66 pending"),
        ({"probe": 0, "queue": 7}, "7 in the queue", "the queue still held 7"),
        (
            {"probe": 66, "silent": ("worker",)},
            "no answer from worker, 66 pending by probe",
            "worker did not answer when asked for pending work and the probe still reported 66 pending",
        ),
        ({"attempts": 1, "probe": 5}, "1 attempt to deliver", "1 attempt to deliver had not ended"),
        ({"probe": 0}, "the subject was still at work", "the subject was still at work"),
        ({}, "the subject was still at work", "the subject was still at work"),
    ],
)
def test_a_run_without_rest_says_what_was_pending(seen: dict[str, Any], text: str, why: str) -> None:
    found = history(opened(), no_rest(9, **seen)).rest
    assert (found.text, found.why_not) == (f"not reached: {text}", f"{why} when the wait of 30 s ran out")


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        ({"by": "probe", "apart_ns": 500_000_000}, "by probe, two reads 0.5 s apart"),
        ({"by": "probe_and_queue", "apart_ns": 610_000_000}, "by probe and queue, two reads 0.6 s apart"),
        (
            {"by": "silence", "silence_ns": 4_200_000_000, "longest_gap_ns": 3_100_000_000},
            "by silence of 4.2 s, longest gap 3.1 s; the subject has no probe",
        ),
        ({}, "by silence, as an older version judged it"),
    ],
)
def test_a_run_at_rest_says_what_showed_it(seen: dict[str, Any], text: str) -> None:
    found = history(opened(), f.QuietReached(ns(9), quiet=True, waited_ns=0, **seen)).rest
    assert (found.text, found.why_not) == (text, "")


def test_a_history_of_an_older_version_is_read_with_its_end() -> None:
    old = b'{"fact":"QuietReached","at_ns":5,"quiet":true,"waited_ns":1}'
    assert f.decoder.decode(old) == f.QuietReached(5, quiet=True, waited_ns=1)
