"""Flaws that show when a process is killed between two steps, whose distance is widened so that a kill hits it."""

from collections.abc import Mapping

from stockstorm.reference_service.flaws.crash_windows import (
    mark_before_write,
    new_key_per_attempt,
    open_batch_forgotten,
    pending_forgotten,
    push_state_lost,
    taken_before_work,
)
from stockstorm.reference_service.seams import Compose

FLAWS: Mapping[str, Compose] = {
    "mark_before_write": mark_before_write.compose,
    "new_key_per_attempt": new_key_per_attempt.compose,
    "open_batch_forgotten": open_batch_forgotten.compose,
    "pending_forgotten": pending_forgotten.compose,
    "push_state_lost": push_state_lost.compose,
    "taken_before_work": taken_before_work.compose,
}
