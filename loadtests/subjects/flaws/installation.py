"""The flaws of the class installation: what an app does not survive of its own life."""

from typing import Final

from stockstorm.loadtests.subjects.flaws.flaw import (
    CALLS,
    LATE_EFFECTS,
    OF_QUEUES,
    OF_RECEIVERS,
    WRONG_STOCK,
    Flaw,
    without,
)

DECLARED: Final = (
    Flaw(
        name="subscriptions_not_renewed",
        kind="installation",
        mistake="after the app was installed again it takes a new token and subscribes to nothing",
        must=frozenset({"unheard"}),
        may=without({**WRONG_STOCK, **LATE_EFFECTS}, "unheard"),
        subjects=OF_RECEIVERS,
        scenario="reinstall",
        diagnoses=frozenset({"not_reinstalled"}),
    ),
    Flaw(
        name="token_never_replaced",
        kind="installation",
        mistake="a token that Shopify refuses is used for ever",
        must=frozenset({"unheard"}),
        may=without({**WRONG_STOCK, **LATE_EFFECTS, **CALLS}, "unheard"),
        subjects=OF_RECEIVERS,
        scenario="reinstall",
        diagnoses=frozenset({"not_reinstalled"}),
    ),
    Flaw(
        name="late_uninstalled_ends_session",
        kind="installation",
        mistake="app/uninstalled, which comes after the app was installed again, ends the new session",
        must=frozenset({"drift"}),
        may=without({**WRONG_STOCK, **LATE_EFFECTS}, "drift"),
        says=("app/uninstalled",),
        subjects=OF_RECEIVERS,
        scenario="reinstall",
        diagnoses=frozenset({"lost_events"}),
    ),
    Flaw(
        name="refused_topic_ends_registration",
        kind="installation",
        mistake="the first topic that is refused for want of a scope ends the registration of the others",
        must=frozenset({"unheard"}),
        may=without({**WRONG_STOCK, **LATE_EFFECTS}, "unheard"),
        subjects=OF_RECEIVERS,
        scenario="missing_scopes",
        diagnoses=frozenset({"scopes_missing"}),
    ),
    Flaw(
        name="removal_unnoticed",
        kind="installation",
        mistake="after an outage in which Shopify removed its subscriptions it waits for webhooks that nobody sends",
        must=frozenset({"unheard", "delivery_success"}),
        may=without({**WRONG_STOCK, **LATE_EFFECTS}, "unheard", "delivery_success"),
        subjects=OF_QUEUES,
        scenario="outage_and_removal",
        diagnoses=frozenset({"removal_unnoticed"}),
    ),
    Flaw(
        name="gap_not_reconciled",
        kind="installation",
        mistake="after an outage it subscribes again and never reads what happened without its subscriptions",
        must=frozenset({"drift"}),
        may=without({**WRONG_STOCK, **LATE_EFFECTS}, "drift"),
        subjects=OF_QUEUES,
        scenario="outage_and_removal",
        diagnoses=frozenset({"gap_not_reconciled"}),
    ),
)
