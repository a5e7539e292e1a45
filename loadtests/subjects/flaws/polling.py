"""The flaws of the class polling."""

from typing import Final

from stockstorm.loadtests.subjects.flaws.flaw import LATE_EFFECTS, OF_POLLING, RESTARTED, WRONG_STOCK, Flaw, without

DECLARED: Final = (
    Flaw(
        name="cursor_off_by_one",
        kind="polling",
        mistake="the cursor of a marketplace's orders is moved one too far",
        must=frozenset({"drift"}),
        may=without({**WRONG_STOCK, **LATE_EFFECTS}, "drift"),
        says=("the cursor is moved too far",),
        subjects=OF_POLLING,
        scenario="proof_polled",
        diagnoses=frozenset({"skipped_reads", "exact_units", "lost_events"}),
    ),
    Flaw(
        name="cursor_before_work",
        kind="polling",
        mistake="the cursor is stored when a page was read and before its orders are applied, and the worker is killed",
        must=frozenset({"drift"}),
        may=without({**WRONG_STOCK, **LATE_EFFECTS, **RESTARTED}, "drift"),
        subjects=OF_POLLING,
        scenario="crash_windows",
        says=("before a process",),
        diagnoses=frozenset({"skipped_reads", "exact_units", "lost_events", "lost_at_failure"}),
    ),
    Flaw(
        name="page_two_never_read",
        kind="polling",
        mistake="only the first 20 orders of a poll are applied",
        must=frozenset({"drift"}),
        may=without({**WRONG_STOCK, **LATE_EFFECTS}, "drift"),
        says=("a later page of a read",),
        subjects=OF_POLLING,
        scenario="proof_polled",
        diagnoses=frozenset({"skipped_reads", "exact_units", "lost_events"}),
    ),
    Flaw(
        name="overlap_missing",
        kind="polling",
        mistake="changes of the first second after the begin of a poll are missed",
        must=frozenset({"drift"}),
        may=without({**WRONG_STOCK, **LATE_EFFECTS}, "drift"),
        says=("while the service read from the shop",),
        subjects=OF_POLLING,
        scenario="proof_polled",
        diagnoses=frozenset({"lacking", "exact_units", "lost_events"}),
    ),
    Flaw(
        name="window_from_the_end",
        kind="polling",
        mistake="the next poll asks for what changed since the end of the last one, so changes during it are missed",
        must=frozenset({"drift"}),
        may=without({**WRONG_STOCK, **LATE_EFFECTS}, "drift"),
        says=("while the service read from the shop",),
        subjects=OF_POLLING,
        scenario="proof_polled",
        diagnoses=frozenset({"lacking", "exact_units", "lost_events"}),
    ),
)
