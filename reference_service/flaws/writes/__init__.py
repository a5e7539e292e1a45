"""Flaws of writing to Shopify."""

from collections.abc import Mapping

from stockstorm.reference_service.flaws.writes import (
    batch_beyond_limit,
    denied_write_counts_as_done,
    failed_write_counts_as_done,
    first_change_only,
    idempotency_key_missing,
    in_progress_as_refused,
    key_of_content,
    key_per_try,
    set_from_stale_read,
    set_instead_of_adjust,
    sum_set_at_first_location,
    throttled_write_counts_as_done,
    user_errors_ignored,
)
from stockstorm.reference_service.seams import Compose

FLAWS: Mapping[str, Compose] = {
    "batch_beyond_limit": batch_beyond_limit.compose,
    "denied_write_counts_as_done": denied_write_counts_as_done.compose,
    "failed_write_counts_as_done": failed_write_counts_as_done.compose,
    "first_change_only": first_change_only.compose,
    "idempotency_key_missing": idempotency_key_missing.compose,
    "in_progress_as_refused": in_progress_as_refused.compose,
    "key_of_content": key_of_content.compose,
    "key_per_try": key_per_try.compose,
    "set_from_stale_read": set_from_stale_read.compose,
    "set_instead_of_adjust": set_instead_of_adjust.compose,
    "sum_set_at_first_location": sum_set_at_first_location.compose,
    "throttled_write_counts_as_done": throttled_write_counts_as_done.compose,
    "user_errors_ignored": user_errors_ignored.compose,
}
