"""The flaws of the class loss."""

from typing import Final

from stockstorm.loadtests.subjects.flaws.flaw import (
    LATE_EFFECTS,
    OF_QUEUES,
    OF_RECEIVERS,
    OF_WEBHOOKS,
    RESTARTED,
    WRONG_STOCK,
    Flaw,
    without,
)

DECLARED: Final = (
    Flaw(
        name="ack_before_durable",
        kind="loss",
        mistake="the receiver acknowledges before the event is stored, and is killed",
        must=frozenset({"nothing_lost"}),
        may=without({**WRONG_STOCK, **RESTARTED}, "nothing_lost"),
        says=("before a process",),
        subjects=OF_QUEUES,
        faults=("kill_receiver@5",),
        guide_ref="C8",
        diagnoses=frozenset({"lost_events", "process_ended", "lost_at_failure", "exact_units"}),
    ),
    Flaw(
        name="errors_swallowed",
        kind="loss",
        mistake="an error while an event is stored is answered 200",
        must=frozenset({"nothing_lost"}),
        may=without({**WRONG_STOCK, **RESTARTED}, "nothing_lost"),
        says=("during the fault restart database",),
        subjects=OF_QUEUES,
        faults=("restart_database@5",),
        diagnoses=frozenset({"lost_events", "process_ended", "lost_at_failure", "exact_units"}),
    ),
    Flaw(
        name="batch_drops_tail",
        kind="loss",
        mistake="of several events that are processed together the last is settled without being applied",
        must=frozenset({"drift"}),
        may=without(WRONG_STOCK, "drift"),
        diagnoses=frozenset({"lost_events", "lost_alone"}),
        says=("processed together",),
        subjects=OF_WEBHOOKS,
    ),
    Flaw(
        name="poison_blocks",
        kind="loss",
        mistake="a return that is not restocked raises an error, and everything behind it waits",
        must=frozenset({"sync_latency"}),
        may=without({**WRONG_STOCK, **LATE_EFFECTS}, "sync_latency"),
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"stops", "dead_letters"}),
    ),
    Flaw(
        name="overflow_dropped",
        kind="loss",
        mistake="what does not fit into a buffer is acknowledged and dropped",
        must=frozenset({"nothing_lost"}),
        may=without(WRONG_STOCK, "nothing_lost"),
        scenario="thundering_herd",
        diagnoses=frozenset({"capped", "lost_events"}),
        says=("never more than", "when more than"),
        subjects=OF_RECEIVERS,
    ),
)
