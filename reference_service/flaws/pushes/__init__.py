"""Flaws of pushing to the marketplaces."""

from collections.abc import Mapping

from stockstorm.reference_service.flaws.pushes import (
    channel_skipped,
    failed_push_forgotten,
    negative_as_positive,
    one_channel_blocks_all,
    pending_orders_ignored,
    push_dropped_when_down,
    pushes_overtake,
    rejected_rows_forgotten,
    safety_stock_doubled,
    safety_stock_ignored,
    small_changes_not_pushed,
    zero_never_pushed,
)
from stockstorm.reference_service.seams import Compose

FLAWS: Mapping[str, Compose] = {
    "channel_skipped": channel_skipped.compose,
    "failed_push_forgotten": failed_push_forgotten.compose,
    "negative_as_positive": negative_as_positive.compose,
    "one_channel_blocks_all": one_channel_blocks_all.compose,
    "pending_orders_ignored": pending_orders_ignored.compose,
    "push_dropped_when_down": push_dropped_when_down.compose,
    "pushes_overtake": pushes_overtake.compose,
    "rejected_rows_forgotten": rejected_rows_forgotten.compose,
    "safety_stock_doubled": safety_stock_doubled.compose,
    "safety_stock_ignored": safety_stock_ignored.compose,
    "small_changes_not_pushed": small_changes_not_pushed.compose,
    "zero_never_pushed": zero_never_pushed.compose,
}
