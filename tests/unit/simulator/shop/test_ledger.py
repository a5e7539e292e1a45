import msgspec
import pytest

from stockstorm.simulator.history.facts import StockChanged
from stockstorm.simulator.model import Level, Product, Sku
from stockstorm.simulator.shop.ledger import Entry, Ledger, LevelChange, LevelSet, PhysicalStock, StaleQuantity

PRODUCT = Product(
    sku=Sku("SKU-1"),
    product_id=1,
    variant_id=2,
    inventory_item_id=11,
    location_id=5,
    level_id=3,
    title="Mug",
    handle="mug",
    vendor="V",
    product_type="Mug",
    price_minor=100,
    grams=10,
    initial_available=10,
    hot=False,
)
OTHER = msgspec.structs.replace(PRODUCT, sku=Sku("SKU-2"), inventory_item_id=12, location_id=6, initial_available=0)


def ledger() -> Ledger:
    return Ledger((PRODUCT, OTHER))


def test_a_level_starts_at_version_0_with_the_initial_stock() -> None:
    opened = ledger()
    opened.open(77)
    assert opened.level(11, 5) == Level(11, 5, 0, 10, 0, 77)


def test_opening_keeps_the_time_of_a_changed_level() -> None:
    opened = ledger()
    opened.record(11, 1, Entry("restock"), 50)
    opened.open(77)
    assert (opened.of(PRODUCT).updated_ns, opened.of(OTHER).updated_ns) == (50, 77)


@pytest.mark.parametrize(("item", "location"), [(11, 6), (12, 5), (13, 5)])
def test_there_is_no_level_where_an_item_is_not_stocked(item: int, location: int) -> None:
    assert ledger().level(item, location) is None


def test_an_entry_raises_the_version_and_records_the_change() -> None:
    opened = ledger()
    level, fact = opened.record(11, -3, Entry("sale", order=9), 50, committed=3)
    assert level == Level(11, 5, 1, 7, 3, 50)
    assert fact == StockChanged(50, "SKU-1", 11, 5, 1, -3, 7, "sale", 9)
    assert opened.newest(11) == (Sku("SKU-1"), 1)
    assert level.on_hand == 10


def test_a_row_sees_the_effect_of_earlier_rows_on_its_item() -> None:
    rows: list[LevelChange | LevelSet] = [
        LevelChange(11, 5, -4, 10),
        LevelSet(11, 5, 20, 6),
        LevelChange(11, 5, 1, 20),
        LevelSet(12, 6, 0, 0),
    ]
    assert ledger().deltas(rows) == [-4, 14, 1, 0]


def test_a_row_without_a_comparison_always_matches() -> None:
    assert ledger().deltas([LevelChange(11, 5, 2, None), LevelSet(11, 5, 3, None)]) == [2, -9]


def test_the_first_row_that_does_not_match_is_named() -> None:
    with pytest.raises(StaleQuantity) as stale:
        ledger().deltas([LevelChange(11, 5, -4, 10), LevelChange(11, 5, -4, 10), LevelChange(12, 6, 1, 9)])
    assert stale.value.index == 1


def test_a_row_of_an_unknown_item_or_a_wrong_location_is_refused() -> None:
    with pytest.raises(KeyError):
        ledger().deltas([LevelChange(13, 5, 1, None)])
    with pytest.raises(KeyError):
        ledger().deltas([LevelChange(11, 6, 1, None)])


def test_physical_stock_may_fall_below_zero() -> None:
    physical = PhysicalStock((PRODUCT,))
    physical.add(PRODUCT.sku, -12)
    assert physical.units(PRODUCT.sku) == -2
