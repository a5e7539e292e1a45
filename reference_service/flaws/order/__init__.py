"""Flaws of the order in which events take effect."""

from collections.abc import Mapping

from stockstorm.reference_service.flaws.order import (
    cancel_before_create_ignored,
    create_after_cancel_applied,
    last_write_wins,
    old_quantity_cached,
    read_dated_at_its_end,
    return_before_create_ignored,
    ties_by_second,
    ties_dropped,
    undone_order_keeps_returns,
)
from stockstorm.reference_service.seams import Compose

FLAWS: Mapping[str, Compose] = {
    "cancel_before_create_ignored": cancel_before_create_ignored.compose,
    "create_after_cancel_applied": create_after_cancel_applied.compose,
    "last_write_wins": last_write_wins.compose,
    "old_quantity_cached": old_quantity_cached.compose,
    "read_dated_at_its_end": read_dated_at_its_end.compose,
    "return_before_create_ignored": return_before_create_ignored.compose,
    "ties_by_second": ties_by_second.compose,
    "ties_dropped": ties_dropped.compose,
    "undone_order_keeps_returns": undone_order_keeps_returns.compose,
}
