"""The flaws of the class order."""

from typing import Final

from stockstorm.loadtests.subjects.flaws.flaw import OF_WEBHOOKS, WRONG_STOCK, Flaw, without

DECLARED: Final = (
    Flaw(
        name="last_write_wins",
        kind="order",
        mistake="stock events are applied in the order of arrival, regardless of their age",
        must=frozenset({"stale_overwrite"}),
        may=without(WRONG_STOCK, "stale_overwrite"),
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"old_over_new", "overtaken"}),
        guide_ref="C7",
    ),
    Flaw(
        name="ties_by_second",
        kind="order",
        mistake="of two stock events in one second the last to arrive wins",
        must=frozenset({"stale_overwrite"}),
        may=without(WRONG_STOCK, "stale_overwrite"),
        subjects=OF_WEBHOOKS,
        scenario="out_of_order",
        diagnoses=frozenset({"old_over_new", "overtaken"}),
    ),
    Flaw(
        name="ties_dropped",
        kind="order",
        mistake="a stock event of the same second as the known one is dropped",
        must=frozenset({"drift"}),
        may=without(WRONG_STOCK, "drift"),
        says=("of the same second",),
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"lacking", "wrong_listings"}),
    ),
    Flaw(
        name="cancel_before_create_ignored",
        kind="order",
        mistake="a cancellation that arrives before its order is ignored",
        must=frozenset({"drift"}),
        may=without(WRONG_STOCK, "drift"),
        says=("sent ahead", "cancellation comes first", "cancellation had arrived"),
        subjects=OF_WEBHOOKS,
        scenario="out_of_order",
        diagnoses=frozenset({"wrong_listings", "exact_units", "lost_events", "wrong_units"}),
    ),
    Flaw(
        name="create_after_cancel_applied",
        kind="order",
        mistake="an order that arrives after its cancellation is applied in full",
        must=frozenset({"drift"}),
        may=without(WRONG_STOCK, "drift"),
        says=("sent ahead", "cancellation comes first", "cancellation had arrived"),
        subjects=OF_WEBHOOKS,
        scenario="out_of_order",
        diagnoses=frozenset({"wrong_listings", "exact_units", "lost_events", "wrong_units"}),
    ),
    Flaw(
        name="old_quantity_cached",
        kind="order",
        mistake="the quantity of a SKU is cached for a second, so a second change within it is not pushed",
        must=frozenset({"drift"}),
        may=without(WRONG_STOCK, "drift"),
        subjects=OF_WEBHOOKS,
        scenario="proof_wide",
        diagnoses=frozenset({"lacking"}),
        says=("after a push of their SKU",),
    ),
)
