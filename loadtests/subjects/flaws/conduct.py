"""The flaws of the class conduct."""

from typing import Final

from stockstorm.loadtests.subjects.flaws.flaw import (
    CALLS,
    LATE_EFFECTS,
    OF_QUEUES,
    OF_WEBHOOKS,
    WRONG_STOCK,
    Flaw,
    without,
)

DECLARED: Final = (
    Flaw(
        name="no_backoff",
        kind="conduct",
        mistake="a failed or throttled call is repeated at once",
        must=frozenset({"throttling"}),
        may=without({**CALLS, **LATE_EFFECTS}, "throttling"),
        subjects=OF_WEBHOOKS,
        scenario="throttled_api",
        diagnoses=frozenset({"own_retries"}),
    ),
    Flaw(
        name="no_timeout",
        kind="conduct",
        mistake="a call is waited for without a bound, so one that is never answered holds its worker up for ever",
        must=frozenset({"unanswered"}),
        may=without({**CALLS, **LATE_EFFECTS, **WRONG_STOCK}, "unanswered")
        | {"stability": "what waits for an answer is pending when the run ends"},
        subjects=OF_QUEUES,
        scenario="unanswered_calls",
        diagnoses=frozenset({"no_timeout"}),
    ),
    Flaw(
        name="retries_in_lockstep",
        kind="conduct",
        mistake="every row of a failed push is repeated by a call of its own, all of them 200 ms later at once",
        must=frozenset({"retry_discipline"}),
        may=without({**CALLS, **LATE_EFFECTS}, "retry_discipline"),
        subjects=OF_WEBHOOKS,
        scenario="thundering_herd",
        diagnoses=frozenset({"own_retries", "retry_after_ignored"}),
    ),
    Flaw(
        name="one_row_per_push",
        kind="conduct",
        mistake="every SKU is pushed by a call of its own, at most ten a second",
        must=frozenset({"sync_latency"}),
        may=without({**CALLS, **LATE_EFFECTS, **WRONG_STOCK}, "sync_latency"),
        subjects=OF_WEBHOOKS,
        scenario="bfcm",
        diagnoses=frozenset({"one_by_one"}),
    ),
    Flaw(
        name="poll_storm",
        kind="conduct",
        mistake="the whole catalogue is read without a pause beside the webhooks",
        must=frozenset({"needless_reads"}),
        may={**CALLS, **LATE_EFFECTS},
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"needless_reads"}),
    ),
    Flaw(
        name="retry_after_ignored",
        kind="conduct",
        mistake="a push that a marketplace throttles or that is answered 503 is repeated before Retry-After",
        must=frozenset({"throttling"}),
        may=without({**CALLS, **LATE_EFFECTS}, "throttling"),
        subjects=OF_WEBHOOKS,
        scenario="marketplace_down",
        diagnoses=frozenset({"retry_after_ignored"}),
    ),
)
