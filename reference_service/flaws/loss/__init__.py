"""Flaws by which acknowledged events are lost without a crash of the database."""

from collections.abc import Mapping

from stockstorm.reference_service.flaws.loss import (
    ack_before_durable,
    batch_drops_tail,
    cursor_past_young,
    errors_swallowed,
    ids_rounded,
    no_reconciliation,
    overflow_dropped,
    poison_blocks,
    poison_crashes_worker,
    read_without_push,
)
from stockstorm.reference_service.seams import Compose

FLAWS: Mapping[str, Compose] = {
    "ack_before_durable": ack_before_durable.compose,
    "batch_drops_tail": batch_drops_tail.compose,
    "cursor_past_young": cursor_past_young.compose,
    "errors_swallowed": errors_swallowed.compose,
    "ids_rounded": ids_rounded.compose,
    "no_reconciliation": no_reconciliation.compose,
    "overflow_dropped": overflow_dropped.compose,
    "poison_blocks": poison_blocks.compose,
    "poison_crashes_worker": poison_crashes_worker.compose,
    "read_without_push": read_without_push.compose,
}
