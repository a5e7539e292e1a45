"""Flaws of the recognition of what was processed already."""

from collections.abc import Mapping

from stockstorm.reference_service.flaws.deduplication import (
    cancelled_orders_forgotten,
    dedup_before_success,
    dedup_by_event_id,
    dedup_by_webhook_id,
    dedup_in_memory,
    dedup_per_source,
    dedup_race,
    dedup_window_short,
    duplicates_refused,
    equal_orders_as_one,
    no_order_dedup,
    one_return_per_order,
    orders_known_by_number,
    sale_again_after_cancel,
    unknown_cached,
)
from stockstorm.reference_service.seams import Compose

FLAWS: Mapping[str, Compose] = {
    "cancelled_orders_forgotten": cancelled_orders_forgotten.compose,
    "dedup_before_success": dedup_before_success.compose,
    "dedup_by_event_id": dedup_by_event_id.compose,
    "dedup_by_webhook_id": dedup_by_webhook_id.compose,
    "dedup_in_memory": dedup_in_memory.compose,
    "dedup_per_source": dedup_per_source.compose,
    "dedup_race": dedup_race.compose,
    "dedup_window_short": dedup_window_short.compose,
    "duplicates_refused": duplicates_refused.compose,
    "equal_orders_as_one": equal_orders_as_one.compose,
    "no_order_dedup": no_order_dedup.compose,
    "one_return_per_order": one_return_per_order.compose,
    "orders_known_by_number": orders_known_by_number.compose,
    "sale_again_after_cancel": sale_again_after_cancel.compose,
    "unknown_cached": unknown_cached.compose,
}
