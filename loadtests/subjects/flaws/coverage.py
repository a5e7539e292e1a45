"""The flaws of the class coverage."""

from typing import Final

from stockstorm.loadtests.subjects.flaws.flaw import LATE_EFFECTS, OF_WEBHOOKS, WRONG_STOCK, Flaw, without

DECLARED: Final = (
    Flaw(
        name="skus_left_out",
        kind="coverage",
        mistake="SKUs whose number ends in 7 are never pushed",
        must=frozenset({"drift"}),
        may=without(WRONG_STOCK, "drift"),
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"wrong_listings", "exact_units", "lost_events"}),
    ),
    Flaw(
        name="location_left_out",
        kind="coverage",
        mistake="only the stock of the first location is listed",
        must=frozenset({"drift"}),
        may=without(WRONG_STOCK, "drift"),
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"wrong_listings", "exact_units", "lost_events"}),
    ),
    Flaw(
        name="topic_not_subscribed",
        kind="coverage",
        mistake="inventory_levels/update is not subscribed to",
        must=frozenset({"drift"}),
        may=without({**WRONG_STOCK, "unheard": "nobody is subscribed to it"}, "drift"),
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"few_topics"}),
    ),
    Flaw(
        name="channel_not_registered",
        kind="coverage",
        mistake="the notifications of one marketplace are not registered for",
        must=frozenset({"unheard"}),
        may=without(WRONG_STOCK, "unheard"),
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"channel_frozen", "lost_events", "wrong_listings", "few_topics"}),
    ),
    Flaw(
        name="cancellations_of_one_channel_ignored",
        kind="coverage",
        mistake="the cancellations of one marketplace have no effect",
        must=frozenset({"drift"}),
        may=without(WRONG_STOCK, "drift"),
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"wrong_listings", "exact_units", "lost_events"}),
    ),
    Flaw(
        name="variants_by_number_left_out",
        kind="coverage",
        mistake="stock events of every tenth item have no effect",
        must=frozenset({"drift"}),
        may=without(WRONG_STOCK, "drift"),
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"wrong_listings", "exact_units", "lost_events"}),
    ),
    Flaw(
        name="first_page_of_items_only",
        kind="coverage",
        mistake="of the catalogue only the first 20 items are read",
        must=frozenset({"sync_latency"}),
        may=without({**WRONG_STOCK, **LATE_EFFECTS}, "sync_latency"),
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"wrong_listings", "exact_units", "lost_events"}),
    ),
)
