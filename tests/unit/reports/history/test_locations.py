"""An item at two locations: what a push, a read and a set know of each. 4 units lie at location 7, and 6 at 8."""

import msgspec
import pytest

from stockstorm.reports.checkers.unexplained_push import UnexplainedPush
from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.event_traits import event_traits
from stockstorm.reports.diagnosis.traits import Trait
from stockstorm.reports.evidence.steps import Steps
from stockstorm.reports.history import History
from stockstorm.reports.history.stock_record import ledger_breaks
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import StockCause
from tests.literal_history import SKU, called, delivered, history, ns, opened, pushed, sold, stock_event

ITEM = 2**53 + 1


def at_two(available: int = 10, here: int = 4) -> tuple[f.AnyFact, ...]:
    """The start of a run, with the item at both locations."""
    item, *others = opened(available)
    return (msgspec.structs.replace(item, locations=(7, 8), levels=(here, available - here)), *others)


def at(
    ms: float, location: int, number: int, delta: int, available: int, level: int, cause: StockCause = "sale"
) -> f.AnyFact:
    """A version that changed the level of one location."""
    return f.StockChanged(ns(ms), SKU, ITEM, location, number, delta, available, cause, level=level)


def moved(ms: float, number: int) -> tuple[f.AnyFact, ...]:
    """A transfer of 3 units from location 8 to location 7."""
    return at(ms, 8, number, 0, 10, 3, "transfer"), at(ms, 7, number + 1, 0, 10, 7, "transfer")


def set_at(ms: float, location: int, number: int, delta: int, available: int, level: int) -> f.AnyFact:
    return f.StockChanged(ns(ms), SKU, ITEM, location, number, delta, available, "subject_set", -1, "", False, 9, level)


def shown(ms: float, request: int, number: int) -> tuple[f.AnyFact, ...]:
    return called(ms, request, "inventoryItems"), f.StockShown(ns(ms), request, (SKU,), (number,))


def verdicts(found: History) -> list[str]:
    return found.listings["bazaar", SKU].verdicts


def test_the_record_of_each_location_has_its_own_states() -> None:
    ledger = history(at_two(), at(10, 8, 1, -1, 9, 5), at(20, 7, 2, -2, 7, 2)).ledgers[SKU]
    assert ledger.available == [10, 9, 7]
    assert {place: part.available for place, part in ledger.parts.items()} == {7: [4, 2], 8: [6, 5]}
    assert [ledger.place(version) for version in range(3)] == [-1, 8, 7]
    assert [ledger.at(8).last_state(version) for version in range(3)] == [0, 1, 1]
    assert [ledger.at(7).last_state(version) for version in range(3)] == [0, 0, 1]


def test_an_item_that_gets_its_second_location_has_parts_from_then_on() -> None:
    first = f.StockChanged(ns(5), SKU, ITEM, 7, 1, -1, 9, "sale")
    ledger = history(opened(), first, at(10, 8, 2, 5, 14, 5)).ledgers[SKU]
    assert {place: part.available for place, part in ledger.parts.items()} == {7: [10, 9], 8: [0, 5]}
    assert [ledger.place(version) for version in range(3)] == [-1, 7, 8]


def test_a_sum_of_a_newer_and_an_older_version_is_explained() -> None:
    newer_of_eight = (at(10, 7, 1, -2, 8, 2), at(20, 8, 2, -1, 7, 5), pushed(30, "bazaar", 9))
    assert verdicts(history(at_two(), *newer_of_eight)) == [""]


def test_a_quantity_that_no_versions_add_up_to_is_unexplained() -> None:
    found = history(at_two(), at(10, 7, 1, -2, 8, 2), pushed(30, "bazaar", 12))
    assert verdicts(found) == ["unexplained"]
    assert UnexplainedPush()(found).measures["unexplained_push.too_much"] == 1.0


def test_a_push_back_behind_what_was_known_of_both_is_stale() -> None:
    sold_out = (at(10, 7, 1, -4, 6, 0), at(20, 8, 2, -5, 1, 1), pushed(30, "bazaar", 1))
    assert verdicts(history(at_two(), *sold_out, pushed(40, "bazaar", 10))) == ["", "stale"]
    assert verdicts(history(at_two(), *sold_out, pushed(40, "bazaar", 1))) == ["", ""]


def test_half_of_a_transfer_is_neither_stale_nor_too_much() -> None:
    arrived_first = (pushed(5, "bazaar", 10), *moved(10, 1), pushed(20, "bazaar", 13), pushed(30, "bazaar", 10))
    left_first = (pushed(5, "bazaar", 10), *moved(10, 1), pushed(20, "bazaar", 7), pushed(30, "bazaar", 10))
    for pushes in (arrived_first, left_first):
        found = history(at_two(), *pushes)
        assert verdicts(found) == ["", "", ""]
        assert UnexplainedPush()(found).measures["unexplained_push.too_much"] == 0.0


def test_a_transfer_owes_no_push() -> None:
    found = history(at_two(), *moved(10, 1))
    assert (found.sync_pairs.pairs, found.sync_pairs.not_owed) == ([], 0)


def test_a_subject_that_lists_mixed_sums_is_plain() -> None:
    found = history(at_two(), at(10, 7, 1, -2, 8, 2), at(20, 8, 2, -1, 7, 5), pushed(30, "bazaar", 9))
    assert found.listings["bazaar", SKU].plain


def test_an_event_of_one_location_shows_nothing_of_another() -> None:
    told = (stock_event(20, 0, 2), *delivered(20, 0, "inventory_levels/update"))
    found = history(at_two(), at(10, 7, 1, -2, 8, 2), at(20, 8, 2, -1, 7, 5), *told, *shown(50, 3, 1))
    visible = found.deliveries.visible_version[SKU]
    assert visible[1:] == [ns(50), ns(20)]


def test_a_set_at_one_location_erases_nothing_at_another() -> None:
    unseen = (at(10, 8, 1, -1, 9, 5), set_at(20, 7, 2, 1, 10, 5))
    assert history(at_two(), *unseen).lost_updates == []


def test_a_set_over_an_unseen_sale_at_its_location_is_lost() -> None:
    (lost,) = history(at_two(), at(5, 8, 1, -1, 9, 5), at(10, 7, 2, -1, 8, 3), set_at(20, 7, 3, 2, 10, 5)).lost_updates
    assert (lost.location, lost.units, lost.proof) == (7, 1, "unseen")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ((at(10, 7, 1, -2, 8, 1),), "level"),
        ((f.FinalStock(ns(90), SKU, 10, 10, 0, (7, 8), (4, 5)),), "levels"),
    ],
)
def test_levels_that_do_not_add_up_are_found(facts: tuple[f.AnyFact, ...], field: str) -> None:
    (breach,) = ledger_breaks(history(at_two(), *facts))
    assert breach.field == field


def test_levels_that_add_up_are_no_contradiction() -> None:
    final = f.FinalStock(ns(90), SKU, 9, 9, 3, (7, 8), (7, 2))
    assert list(ledger_breaks(history(at_two(), *moved(10, 1), at(20, 8, 3, -1, 9, 2), final))) == []


def test_an_event_is_of_the_location_whose_level_changed() -> None:
    told = (stock_event(10, 0, 1), *delivered(10, 0, "inventory_levels/update"))
    found = history(at_two(), at(10, 8, 1, -1, 9, 5), told)
    traits = event_traits(Case(found, ()))
    assert Trait("location", "8") in traits.of(found.deliveries.events[0])
    assert Trait("location", "7") not in traits.of(found.deliveries.events[0])


def split(ms: float, location: int, number: int, delta: int, available: int, level: int) -> f.AnyFact:
    """A row of the call that writes the order bazaar:1 at two locations."""
    return f.StockChanged(
        ns(ms), SKU, ITEM, location, number, delta, available, "subject_adjust", -1, "urn:channel-orders:bazaar:1",
        False, 4, level,
    )  # fmt: skip


def test_an_order_that_is_written_at_two_locations_is_written_once() -> None:
    rows = (split(20, 7, 1, -4, 6, 0), split(20, 8, 2, -1, 5, 5))
    found = history(at_two(), sold(5, 1, "bazaar", 5), *rows)
    assert (found.misfit_skus, dict(found.doublings.by_order)) == (set(), {})
    assert found.ledgers[SKU].base[-1] == 10
    again = (split(30, 7, 3, -4, 1, -4), split(30, 8, 4, -1, 0, 4))
    twice = history(at_two(), sold(5, 1, "bazaar", 5), *rows, *again)
    assert set(twice.doublings.by_order) == {(1, "sale")}


def test_a_step_says_what_became_of_the_sum_and_of_the_level() -> None:
    fired = (stock_event(10, 0, 1), stock_event(10, 1, 2))
    found = history(at_two(), *moved(10, 1), at(20, 8, 3, -1, 9, 2), *fired, stock_event(20, 2, 3))
    texts = [Steps(found).event(event).text for event in found.all(f.EventFired)]
    assert [text.partition(": ")[2] for text in texts] == [
        "10 → 10 available (transfer), of which 6 → 3 at location 8",
        "10 → 10 available (transfer), of which 4 → 7 at location 7",
        "10 → 9 available (sale in the shop), of which 3 → 2 at location 8",
    ]
