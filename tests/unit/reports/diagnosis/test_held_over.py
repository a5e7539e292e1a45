"""A service that still holds the last run is told so only where it wrote nothing, and had received the same before."""

from msgspec.structs import replace

from stockstorm.reports.history import History
from stockstorm.simulator.history import facts as f
from tests.unit.reports.diagnosis.shop import Shop, diagnosed

EARLIER = "20261127-200028-smoke-1"


def after(earlier: str, shop: Shop) -> History:
    """The history, of a run before which there was that one."""
    facts = shop.history().facts
    return History.of([replace(one, earlier=earlier) if isinstance(one, f.RunStarted) else one for one in facts])


def reading(*operations: str) -> Shop:
    shop = Shop(lambda _: 0)
    for operation in ("productVariants", *operations):
        shop.call(operation)
    return shop


def test_nothing_written_of_what_came_in_an_earlier_run_too_is_the_first_cause() -> None:
    found = diagnosed(after(EARLIER, reading()))
    first = next(reversed(found))
    assert first == "held_over"
    assert f"it had received events with the same ids in run {EARLIER}, and was not emptied since" in found[first].cause
    assert "reset" in found[first].remedy
    assert "nothing_lost" in found[first].explains


def test_without_an_earlier_run_it_is_not_said() -> None:
    assert "held_over" not in diagnosed(after("", reading()))


def test_who_tried_to_write_anything_does_not_take_all_for_duplicates() -> None:
    for operation in ("inventoryAdjustQuantities", "inventorySetQuantities", "orderCreate", "REST POST orders"):
        assert "held_over" not in diagnosed(after(EARLIER, reading(operation))), operation
    assert "held_over" not in diagnosed(after(EARLIER, Shop(lambda one: int(one.order < 10))))


def test_who_calls_nothing_is_told_that_instead() -> None:
    assert "held_over" not in diagnosed(after(EARLIER, Shop(lambda _: 0)))
