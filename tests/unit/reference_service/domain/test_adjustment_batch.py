"""The effects of a batch, its changes and its reference."""

import msgspec

from stockstorm.reference_service.clients.documents import AdjustPayload, UserError
from stockstorm.reference_service.domain.adjustment_batch import (
    Batch,
    Change,
    WaitingEffect,
    allocate,
    changes_of,
    choose_effects,
    reference_of,
    units_by_sku,
)
from stockstorm.reference_service.domain.order import Effect
from stockstorm.reference_service.domain.stock_level import Level, Reading
from stockstorm.reference_service.sync.stock_writer import indexes_of, variables_of


def waiting(number: int, token: str, **units: int) -> WaitingEffect:
    return WaitingEffect(number, Effect(token, units))


def level(item: int, location: int, sku: str) -> Level:
    return Level(item, location, "", sku, Reading(10, 0, 0))


def test_effects_are_summed_per_sku_at_its_first_location_and_sorted() -> None:
    chosen = [waiting(1, "a:1", B=-2, A=-1), waiting(2, "a:2", B=-1), waiting(3, "a:1:cancelled", A=1)]
    levels = {"A": [level(9, 5, "A"), level(9, 6, "A")], "B": [level(2, 5, "B")]}
    assert changes_of(chosen, levels) == (Change(2, 5, -3, 3), Change(9, 5, 0, 1))


def test_a_batch_has_at_most_the_changes_of_one_call() -> None:
    many = [waiting(n, f"a:{n}", **{f"S{n}": -1}) for n in range(400)]
    assert len(choose_effects(many)) == 250


def test_a_batch_has_at_most_500_effects() -> None:
    assert len(choose_effects([waiting(n, f"a:{n}", A=-1) for n in range(900)])) == 500


def test_cancellations_wait_if_all_changes_of_the_batch_would_be_0() -> None:
    sale, back = waiting(1, "a:1", A=-1), waiting(2, "a:0:cancelled", A=1)
    assert choose_effects([sale, back]) == [sale]
    assert choose_effects([sale, back, waiting(3, "a:3", B=-1)]) == [sale, back, waiting(3, "a:3", B=-1)]


def test_no_waiting_effect_makes_no_batch() -> None:
    assert choose_effects([]) == []
    assert units_by_sku([]) == {}


def test_the_reference_names_every_order_once() -> None:
    chosen = [waiting(1, "bazaar:b-1", A=-1), waiting(2, "mercado:m-1:cancelled", A=1)]
    assert reference_of(chosen) == "urn:channel-orders:bazaar:b-1,mercado:m-1:cancelled"


def test_the_reference_is_percent_encoded() -> None:
    assert reference_of([waiting(1, "bazaar:b 1,é", A=-1)]) == "urn:channel-orders:bazaar:b%201%2C%C3%A9"


def test_the_call_has_only_rows_with_a_delta_and_no_compare_and_set() -> None:
    batch = Batch(1, "key", "urn:channel-orders:a:1", (Change(2, 5, -3, 3), Change(9, 6, 0, 1)))
    assert variables_of(batch) == {
        "input": {
            "reason": "other",
            "name": "available",
            "referenceDocumentUri": "urn:channel-orders:a:1",
            "changes": [
                {
                    "inventoryItemId": "gid://shopify/InventoryItem/2",
                    "locationId": "gid://shopify/Location/5",
                    "delta": -3,
                    "changeFromQuantity": None,
                }
            ],
        },
        "key": "key",
        "at0": "gid://shopify/Location/5",
    }


def test_the_bad_rows_are_read_from_the_user_errors() -> None:
    errors = [UserError("no such item", ["input", "changes", "3", "inventoryItemId"]), UserError("reason", ["input"])]
    assert indexes_of(AdjustPayload(None, errors)) == {3}


def levels_of(*available: int) -> list[Level]:
    return [Level(9, 5 + n, "", "A", Reading(units, 0, 0)) for n, units in enumerate(available)]


def test_sold_units_come_from_the_fullest_location_that_has_them_all() -> None:
    assert allocate(-4, levels_of(3, 7, 5), 9) == {(9, 6): -4}


def test_sold_units_come_from_several_locations_where_none_has_them_all() -> None:
    assert allocate(-9, levels_of(3, 5, 4), 9) == {(9, 6): -5, (9, 7): -4}


def test_what_no_location_has_the_fullest_one_is_short_of() -> None:
    assert allocate(-9, levels_of(2, 3), 9) == {(9, 6): -7, (9, 5): -2}
    assert allocate(-2, levels_of(-1, 0), 9) == {(9, 6): -2}


def test_no_more_locations_are_taken_from_than_there_are_rows_for() -> None:
    assert allocate(-9, levels_of(3, 5, 4), 1) == {(9, 6): -9}


def test_units_that_come_back_go_to_the_home_location() -> None:
    assert allocate(3, levels_of(3, 5), 9) == {(9, 5): 3}


def test_the_home_level_has_the_sold_units_even_if_another_location_gives_them() -> None:
    assert changes_of([waiting(1, "a:1", A=-4)], {"A": levels_of(0, 9)}) == (Change(9, 5, 0, 4), Change(9, 6, -4, 0))


def test_a_batch_that_splits_skus_still_fits_into_one_call() -> None:
    many = [waiting(n, f"a:{n}", **{f"S{n:03d}": -8}) for n in range(249)]
    levels = {f"S{n:03d}": [level(n, 5, f"S{n:03d}"), level(n, 6, f"S{n:03d}")] for n in range(249)}
    thin = {sku: [msgspec.structs.replace(one, reading=Reading(4, 0, 0)) for one in of] for sku, of in levels.items()}
    assert sum(bool(change.delta) for change in changes_of(many, thin)) == 250
