"""The interval within which a stock webhook was true."""

import pytest

from stockstorm.reference_service.domain.stock_level import Reading
from stockstorm.reference_service.domain.timestamps import SECOND_NS
from stockstorm.reference_service.handlers.stock import read_events
from stockstorm.reference_service.queues.base import Entry

UPDATED = 1_795_514_400 * SECOND_NS  # 2026-11-24T10:00:00Z
BODY = b'{"inventory_item_id":1,"location_id":2,"available":5,"updated_at":"2026-11-24T10:00:00Z"}'
WHOLE_SECOND = Reading(5, UPDATED, UPDATED + SECOND_NS - 1)


def reading(triggered_ns: int | None) -> Reading:
    ((_, _, found),), verdicts = read_events([Entry(1, 1, "shopify", "inventory_levels/update", triggered_ns, 0, BODY)])
    assert verdicts == []
    return found


def test_without_a_trigger_time_the_interval_is_the_second_of_updated_at() -> None:
    assert reading(None) == WHOLE_SECOND


def test_a_trigger_time_within_the_second_is_one_instant() -> None:
    assert reading(UPDATED + 7) == Reading(5, UPDATED + 7, UPDATED + 7)


def test_a_trigger_time_a_little_later_extends_the_interval() -> None:
    assert reading(UPDATED + 3 * SECOND_NS) == Reading(5, UPDATED, UPDATED + 3 * SECOND_NS)


@pytest.mark.parametrize("triggered_ns", [UPDATED - 1, UPDATED + 61 * SECOND_NS, 2**63 - 1])
def test_an_implausible_unsigned_trigger_time_is_ignored(triggered_ns: int) -> None:
    assert reading(triggered_ns) == WHOLE_SECOND
