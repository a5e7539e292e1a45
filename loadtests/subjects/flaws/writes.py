"""The flaws of the class writes."""

from typing import Final

from stockstorm.loadtests.subjects.flaws.flaw import CALLS, LATE_EFFECTS, OF_WEBHOOKS, WRONG_STOCK, Flaw, without

DECLARED: Final = (
    Flaw(
        name="set_instead_of_adjust",
        kind="writes",
        mistake="the stock is set to the service's own count less the sold units",
        must=frozenset({"retry_discipline"}),
        may=without({**WRONG_STOCK, **CALLS}, "retry_discipline"),
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"lost_updates"}),
    ),
    Flaw(
        name="sum_set_at_first_location",
        kind="writes",
        mistake="an item's first location is set to the stock at all of them",
        must=frozenset({"drift"}),
        may=without({**WRONG_STOCK, **CALLS}, "drift"),
        subjects=OF_WEBHOOKS,
        scenario="many_locations",
        diagnoses=frozenset({"sum_at_location"}),
    ),
    Flaw(
        name="set_from_stale_read",
        kind="writes",
        mistake="the stock is read and set 80 ms later",
        must=frozenset({"retry_discipline"}),
        may=without({**WRONG_STOCK, **CALLS}, "retry_discipline"),
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"lost_updates"}),
    ),
    Flaw(
        name="user_errors_ignored",
        kind="writes",
        mistake="every write is refused with a user error that nobody reads",
        must=frozenset({"nothing_lost"}),
        may=without({**WRONG_STOCK, **CALLS}, "nothing_lost"),
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"calls_refused"}),
    ),
    Flaw(
        name="idempotency_key_missing",
        kind="writes",
        mistake="writes lack @idempotent, so every one is refused and repeated without end",
        must=frozenset({"order_latency"}),
        may=without({**WRONG_STOCK, **LATE_EFFECTS, **CALLS}, "order_latency"),
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"calls_refused"}),
    ),
    Flaw(
        name="failed_write_counts_as_done",
        kind="writes",
        mistake="a write that failed is not repeated and counts as done",
        must=frozenset({"nothing_lost"}),
        may=without({**WRONG_STOCK, **CALLS}, "nothing_lost"),
        subjects=OF_WEBHOOKS,
        scenario="failing_apis",
        diagnoses=frozenset({"failures_forgotten", "lost_events", "calls_refused", "exact_units"}),
    ),
    Flaw(
        name="throttled_write_counts_as_done",
        kind="writes",
        mistake="query points are not waited for, and a throttled write counts as done",
        must=frozenset({"nothing_lost"}),
        may=without({**WRONG_STOCK, **CALLS}, "nothing_lost"),
        subjects=OF_WEBHOOKS,
        scenario="throttled_api",
        diagnoses=frozenset({"failures_forgotten", "own_retries"}),
    ),
    Flaw(
        name="first_change_only",
        kind="writes",
        mistake="of the changes of a batch only the first is sent",
        must=frozenset({"nothing_lost"}),
        may=without({**WRONG_STOCK, **CALLS}, "nothing_lost"),
        diagnoses=frozenset({"lost_events", "lost_alone"}),
        says=("no row of their units",),
        subjects=OF_WEBHOOKS,
    ),
)
