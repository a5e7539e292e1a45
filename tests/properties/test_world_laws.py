"""Laws of the world that hold whatever is done to it, in whatever sequence, by buyers, staff and the subject."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockstorm.simulator.history.facts import (
    AnyFact,
    EventFired,
    FinalListing,
    ListingPushed,
    OrderCancelled,
    OrderReturned,
    PurchaseAccepted,
    StockChanged,
    encoder,
)
from stockstorm.simulator.world import StaleQuantity, World
from tests.small_world import STOCK, sku, small_catalogue
from tests.world_commands import MARKETPLACES, PLACES, Buy, Cancel, Command, Played, Row, buys, commands, rows, write

bounded = settings(max_examples=120, derandomize=True)


def moved_units(facts: Sequence[AnyFact]) -> dict[str, int]:
    """What the facts say became of physical stock, by SKU."""
    moved: dict[str, int] = defaultdict(int)
    for fact in facts:
        match fact:
            case PurchaseAccepted():
                add_lines(moved, fact.skus, fact.quantities, -1)
            case OrderCancelled():
                add_lines(moved, fact.skus, fact.quantities, 1)
            case OrderReturned(restocked=True):
                add_lines(moved, fact.skus, fact.quantities, 1)
            case StockChanged(cause="restock"):
                moved[fact.sku] += fact.delta
            case _:
                pass
    return moved


def add_lines(moved: dict[str, int], skus: Sequence[str], quantities: Sequence[int], sign: int) -> None:
    for name, quantity in zip(skus, quantities, strict=True):
        moved[name] += sign * quantity


def encoded(facts: Sequence[AnyFact]) -> list[bytes]:
    return [encoder.encode(fact) for fact in facts]


def snapshot(world: World) -> list[object]:
    levels = [world.level(one.inventory_item_id, one.location_id) for one in small_catalogue().products]
    return [*levels, *encoded(world.final_facts(0))]


@bounded
@given(commands)
def test_physical_stock_is_initial_plus_restocks_plus_released_less_accepted(played: list[Command]) -> None:
    run = Played(played)
    moved = moved_units(run.facts)
    assert [run.world.physical(sku(n)) for n in PLACES] == [STOCK + moved[sku(n)] for n in PLACES]


@bounded
@given(commands)
def test_physical_stock_before_each_line_is_what_the_history_adds_up_to(played: list[Command]) -> None:
    facts = Played(played).facts
    for n, fact in enumerate(facts):
        if isinstance(fact, PurchaseAccepted):
            moved = moved_units(facts[:n])
            assert fact.physical_before == tuple(STOCK + moved[name] for name in fact.skus)


@bounded
@given(commands)
def test_ledger_versions_are_consecutive_and_what_is_available_adds_up(played: list[Command]) -> None:
    run = Played(played)
    reached: dict[str, tuple[int, int]] = {sku(n): (0, STOCK) for n in PLACES}
    for fact in run.facts:
        if isinstance(fact, StockChanged):
            version, left = reached[fact.sku]
            assert (fact.version, fact.available) == (version + 1, left + fact.delta)
            reached[fact.sku] = (fact.version, fact.available)
    for one in small_catalogue().products:
        level = run.world.level(one.inventory_item_id, one.location_id)
        assert level is not None
        assert (level.version, level.available) == reached[one.sku]


@bounded
@given(commands)
def test_nobody_is_sold_more_than_was_shown_and_the_own_store_never_more_than_the_master_has(
    played: list[Command],
) -> None:
    facts = Played(played).facts
    assert all(fact.available >= 0 for fact in facts if isinstance(fact, StockChanged) and fact.cause == "sale")
    for fact in facts:
        if isinstance(fact, PurchaseAccepted):
            assert all(seen >= wanted for seen, wanted in zip(fact.shown_before, fact.quantities, strict=True))


@bounded
@given(st.lists(buys, max_size=12), st.permutations(range(12)))
def test_cancelling_every_order_in_any_sequence_nets_to_nothing(bought: list[Buy], sequence: list[int]) -> None:
    world = Played([*bought, *(Cancel(key) for key in sequence)]).world
    for one in small_catalogue().products:
        level = world.level(one.inventory_item_id, one.location_id)
        assert level is not None
        assert (level.available, level.committed, world.physical(one.sku)) == (STOCK, 0, STOCK)


@bounded
@given(commands)
def test_an_order_is_cancelled_and_returned_once_at_most_and_gives_back_no_more_than_it_took(
    played: list[Command],
) -> None:
    facts = Played(played).facts
    taken = {fact.order: sum(fact.quantities) for fact in facts if isinstance(fact, PurchaseAccepted)}
    ended = [fact for fact in facts if isinstance(fact, OrderCancelled | OrderReturned)]
    assert set(Counter((fact.order, type(fact)) for fact in ended).values()) <= {1}
    back = Counter[int]()
    for fact in ended:
        back[fact.order] += sum(fact.quantities)
    assert all(units <= taken[order] for order, units in back.items())


@bounded
@given(commands, rows, st.sampled_from((-2, 1)), st.booleans())
def test_one_stale_row_leaves_nothing_changed(
    played: list[Command], wanted: tuple[Row, ...], stale_by: int, by_set: bool
) -> None:
    world = Played(played).world
    before = snapshot(world)
    with pytest.raises(StaleQuantity) as stale:
        write(world, by_set, wanted, 99, stale_by=stale_by)
    assert stale.value.index == len(wanted) - 1
    assert snapshot(world) == before


@bounded
@given(commands, rows)
def test_a_set_to_where_an_adjustment_leads_comes_to_the_same(played: list[Command], wanted: tuple[Row, ...]) -> None:
    one, other = Played(played).world, Played(played).world
    write(one, True, wanted, 99)
    write(other, False, wanted, 99)
    assert snapshot(one) == snapshot(other)


@bounded
@given(commands)
def test_a_listing_is_the_last_push_less_what_its_channel_sold_since(played: list[Command]) -> None:
    run = Played(played)
    listed: dict[tuple[str, str], int] = {(channel, sku(n)): STOCK for channel in MARKETPLACES for n in PLACES}
    for fact in run.facts:
        if isinstance(fact, ListingPushed):
            assert fact.shown_before == listed[fact.channel, fact.sku]
            listed[fact.channel, fact.sku] = fact.quantity
        elif isinstance(fact, PurchaseAccepted) and fact.channel in MARKETPLACES:
            for name, quantity in zip(fact.skus, fact.quantities, strict=True):
                listed[fact.channel, name] -= quantity
    final = [fact for fact in run.world.final_facts(0) if isinstance(fact, FinalListing)]
    assert {(fact.channel, fact.sku): fact.listed for fact in final} == listed
    assert all(quantity >= 0 for quantity in listed.values())


@bounded
@given(commands)
def test_every_event_is_a_fact_counts_on_and_shares_its_id_with_its_own_command_alone(played: list[Command]) -> None:
    run = Played(played)
    fired = [fact for fact in run.facts if isinstance(fact, EventFired)]
    assert [event.event for event in run.events] == [fact.event for fact in fired] == list(range(len(fired)))
    assert [(event.event_id, event.topic, event.source) for event in run.events] == [
        (fact.event_id, fact.topic, fact.source) for fact in fired
    ]
    of_command = [{event.event_id for event in changes.events} for changes in run.changes]
    assert all(len(ids) <= 1 for ids in of_command)
    assert set(Counter(event_id for ids in of_command for event_id in ids).values()) <= {1}
    assert len({event.rng_key for event in run.events}) == len(run.events)


@bounded
@given(commands)
def test_the_same_commands_give_the_same_bytes(played: list[Command]) -> None:
    one, other = Played(played), Played(played)
    assert encoded(one.facts) == encoded(other.facts)
    assert msgspec.json.encode(one.events) == msgspec.json.encode(other.events)
