"""Flaws of pushing to the marketplaces."""

from collections.abc import Mapping

from stockstorm.reference_service.flaws.pushes import (
    channel_skipped,
    failed_push_forgotten,
    failed_push_repeated,
    last_units_offered,
    negative_as_positive,
    one_channel_blocks_all,
    one_connection_for_all,
    own_sales_forgotten,
    pending_orders_ignored,
    push_dropped_when_down,
    pushes_cut_off,
    pushes_overtake,
    rejected_rows_forgotten,
    rises_not_pushed,
    safety_stock_doubled,
    safety_stock_ignored,
    small_changes_not_pushed,
    zero_never_pushed,
)
from stockstorm.reference_service.seams import Compose

FLAWS: Mapping[str, Compose] = {
    "channel_skipped": channel_skipped.compose,
    "failed_push_forgotten": failed_push_forgotten.compose,
    "failed_push_repeated": failed_push_repeated.compose,
    "last_units_offered": last_units_offered.compose,
    "negative_as_positive": negative_as_positive.compose,
    "one_channel_blocks_all": one_channel_blocks_all.compose,
    "one_connection_for_all": one_connection_for_all.compose,
    "own_sales_forgotten": own_sales_forgotten.compose,
    "pending_orders_ignored": pending_orders_ignored.compose,
    "push_dropped_when_down": push_dropped_when_down.compose,
    "pushes_cut_off": pushes_cut_off.compose,
    "pushes_overtake": pushes_overtake.compose,
    "rejected_rows_forgotten": rejected_rows_forgotten.compose,
    "rises_not_pushed": rises_not_pushed.compose,
    "safety_stock_doubled": safety_stock_doubled.compose,
    "safety_stock_ignored": safety_stock_ignored.compose,
    "small_changes_not_pushed": small_changes_not_pushed.compose,
    "zero_never_pushed": zero_never_pushed.compose,
}
