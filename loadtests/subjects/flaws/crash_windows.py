"""The flaws of the class crash windows."""

from typing import Final

from stockstorm.loadtests.subjects.flaws.flaw import OF_QUEUES, OF_WEBHOOKS, RESTARTED, WRONG_STOCK, Flaw, without

DECLARED: Final = (
    Flaw(
        name="mark_before_write",
        kind="crash windows",
        mistake="orders are marked as written before the call to Shopify, and the worker is killed",
        must=frozenset({"nothing_lost"}),
        may=without({**WRONG_STOCK, **RESTARTED}, "nothing_lost"),
        says=("before a process", "not sent again"),
        subjects=OF_WEBHOOKS,
        faults=(
            "kill_worker@2",
            "kill_worker@7",
        ),
        diagnoses=frozenset(
            {"failures_forgotten", "lost_events", "process_ended", "lost_at_failure", "exact_units", "wrong_stock"}
        ),
    ),
    Flaw(
        name="new_key_per_attempt",
        kind="crash windows",
        mistake="a replay after a crash has a new idempotency key and is executed again",
        must=frozenset({"applied_twice"}),
        may=without({**WRONG_STOCK, **RESTARTED}, "applied_twice"),
        subjects=OF_WEBHOOKS,
        scenario="crash_windows",
        diagnoses=frozenset({"failures_forgotten", "applied_twice", "twice_at_failure"}),
    ),
    Flaw(
        name="open_batch_forgotten",
        kind="crash windows",
        mistake="a batch that a crash left open is not sent again",
        must=frozenset({"nothing_lost"}),
        may=without({**WRONG_STOCK, **RESTARTED}, "nothing_lost"),
        subjects=OF_WEBHOOKS,
        scenario="crash_windows",
        diagnoses=frozenset({"failures_forgotten", "lost_events", "process_ended", "lost_at_failure", "exact_units"}),
    ),
    Flaw(
        name="taken_before_work",
        kind="crash windows",
        mistake="events leave the queue before they are applied, and the worker is killed",
        must=frozenset({"nothing_lost"}),
        may=without({**WRONG_STOCK, **RESTARTED}, "nothing_lost"),
        says=("before a process",),
        subjects=OF_QUEUES,
        scenario="crash_windows",
        diagnoses=frozenset({"lost_events", "process_ended", "lost_at_failure", "exact_units", "wrong_stock"}),
    ),
    Flaw(
        name="push_state_lost",
        kind="crash windows",
        mistake="what waits for its push is only in memory, and a restart does not list everything again",
        must=frozenset({"drift"}),
        may=without({**WRONG_STOCK, **RESTARTED}, "drift"),
        says=("before a process",),
        subjects=OF_WEBHOOKS,
        scenario="proof_wide",
        faults=(
            "kill_worker@4",
            "kill_worker@9",
        ),
        diagnoses=frozenset({"lost_events", "process_ended", "lost_at_failure", "lacking_at_failure"}),
    ),
    Flaw(
        name="pending_forgotten",
        kind="crash windows",
        mistake="a start forgets what was sold and is not yet in the master",
        must=frozenset({"drift"}),
        may=without(WRONG_STOCK, "drift"),
        subjects=OF_QUEUES,
        scenario="crash_windows",
        diagnoses=frozenset({"lacking", "lacking_at_failure", "lost_events", "miscounted"}),
        says=("order.created", "after a restart", "process of the service ended", "that had ended was not ready"),
    ),
)
