"""Flaws of the use of foreign APIs."""

from collections.abc import Mapping

from stockstorm.reference_service.flaws.conduct import (
    backoff_in_ms,
    failures_never_forgotten,
    feed_without_pause,
    no_backoff,
    no_timeout,
    one_row_per_push,
    poll_storm,
    retries_in_lockstep,
    retry_after_ignored,
)
from stockstorm.reference_service.seams import Compose

FLAWS: Mapping[str, Compose] = {
    "backoff_in_ms": backoff_in_ms.compose,
    "failures_never_forgotten": failures_never_forgotten.compose,
    "feed_without_pause": feed_without_pause.compose,
    "no_backoff": no_backoff.compose,
    "no_timeout": no_timeout.compose,
    "one_row_per_push": one_row_per_push.compose,
    "poll_storm": poll_storm.compose,
    "retry_after_ignored": retry_after_ignored.compose,
    "retries_in_lockstep": retries_in_lockstep.compose,
}
