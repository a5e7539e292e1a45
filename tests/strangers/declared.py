"""What is claimed of each bug of a stranger, and of each other sound way of one: where it is played and what is told.

The kinds are those of the flaws in `stockstorm prove`. A stranger has bugs of five kinds or more.
"""

from typing import Final, NamedTuple

from stockstorm.loadtests.subjects.flaws.flaw import Kind


class Bug(NamedTuple):
    """A bug: a run of `scenario` with it fails every check in `must`, and its first diagnosis is one of `named`."""

    stranger: str
    name: str
    kind: Kind
    must: tuple[str, ...]
    named: tuple[str, ...]
    says: str = ""  # words of the first cause, where the diagnosis alone names none
    scenario: str = "proof"
    options: tuple[str, ...] = ()


class Beyond(NamedTuple):
    """A scenario that asks for what a sound service was not built for: the first diagnosis says so.

    Not `surely`: a faster machine, or another seed, asks for less.
    """

    stranger: str
    scenario: str
    lacks: str
    named: tuple[str, ...]
    surely: bool = True


class Way(NamedTuple):
    """A service that does the same in another way, and is as sound: `ways/NAME`. `declares`: a line of its file."""

    stranger: str
    name: str
    scenarios: tuple[str, ...] = ("smoke", "proof")
    options: tuple[str, ...] = ()
    declares: str = ""


LOST: Final = ("nothing_lost", "drift")
KILLS: Final = ("--fault", "kill_subject@4+0.3", "--fault", "kill_subject@7+0.3")

BUGS: Final = (
    Bug("stockroom", "no_marketplace_signature", "signatures", ("forged",), ("forgeries",), "bazaar, mercado pass"),
    Bug("stockroom", "first_line_only", "arithmetic", LOST, ("lost_events",), "several lines"),
    Bug("stockroom", "cancellations_ignored", "loss", LOST, ("lost_events",), "order.cancelled"),
    Bug("stockroom", "set_instead_of_adjust", "writes", ("retry_discipline", "drift"), ("lost_updates",)),
    Bug("stockroom", "lists_what_webhooks_say", "order", ("stale_overwrite", "drift"), ("old_over_new",)),
    Bug("stockroom", "client_for_each_call", "conduct", ("connections",), ("open_connections",)),
    Bug("stockroom", "lists_before_it_writes", "pushes", ("put_back",), ("put_back",)),
    Bug("stockroom", "first_level_only", "coverage", ("drift",), ("one_location",), scenario="many_locations"),
    Bug("stockroom", "first_page_only", "coverage", ("drift",), ("catalogue_cut",), scenario="proof_wide"),
    Bug(
        "stockroom", "new_key_each_try", "deduplication", ("applied_twice",), ("failures_forgotten",),
        "under another key", scenario="failing_apis",
    ),
    Bug(
        "stockroom", "stores_twice_a_second", "crash windows", ("nothing_lost",), ("lost_at_failure",),
        "before a process", options=KILLS,
    ),
    Bug(
        "stockroom", "ticks_off_before_it_lists", "pushes", ("drift",), ("outage_forgotten", "push_forgotten"),
        scenario="marketplace_down",
    ),
    Bug("relay", "rounded_ids", "coverage", LOST, ("lost_events",), scenario="big_ids"),
    Bug("relay", "dedup_by_delivery_id", "deduplication", ("applied_twice",), ("applied_twice",), "new webhook id"),
    Bug("relay", "returns_ignored", "loss", LOST, ("lost_events",), "order.returned"),
    Bug(
        "relay", "no_idempotency_key", "writes", ("drift",), ("retired_version", "calls_refused"),
        scenario="old_api_version",
    ),
    Bug("relay", "key_of_the_content", "writes", LOST, ("calls_refused",)),
    Bug("relay", "one_marketplace_left_out", "coverage", ("drift",), ("channel_frozen", "never_pushed")),
    Bug("relay", "signature_prefix", "signatures", ("forged",), ("forgeries",)),
    Bug("relay", "cancellation_gives_back_all", "arithmetic", ("drift",), ("order_arithmetic",)),
    Bug("relay", "unknown_orders_skipped", "order", LOST, ("lost_events", "order_arithmetic"), scenario="out_of_order"),
    Bug(
        "relay", "writes_are_tried_once", "loss", LOST, ("failures_forgotten", "lost_at_failure"),
        scenario="failing_apis",
    ),
    Bug("relay", "rejected_rows_forgotten", "pushes", ("drift",), ("push_forgotten",), scenario="failing_apis"),
    Bug("relay", "tries_again_at_once", "conduct", ("throttling",), ("own_retries",), scenario="throttled_api"),
    Bug("sweep", "every_return_to_the_shelf", "arithmetic", ("drift",), ("order_arithmetic", "exact_units")),
    Bug("sweep", "last_line_of_a_sku", "arithmetic", ("drift",), ("exact_units", "order_arithmetic")),
    Bug("sweep", "only_what_differs", "pushes", ("drift",), ("pushed_before",)),
    Bug("sweep", "one_feed_left_out", "coverage", ("drift",), ("lost_events", "exact_units"), "mercado"),
    Bug("sweep", "writes_again", "deduplication", ("drift",), ("order_arithmetic",), "later news"),
    Bug("sweep", "knows_it_already", "loss", ("drift",), ("lost_events", "exact_units"), "cancellations and returns"),
    Bug("sweep", "signature_on_orders_only", "signatures", ("forged",), ("forgeries",)),
    Bug("sweep", "orders_without_claim", "writes", LOST, ("lost_events",), "order.created"),
    Bug("sweep", "sets_by_rest", "writes", ("retry_discipline", "drift"), ("lost_updates",)),
    Bug("sweep", "works_in_the_request", "conduct", ("ack_time", "delivery_success"), ("slow_answers",)),
    Bug("sweep", "looks_all_the_time", "conduct", ("needless_reads",), ("needless_reads",)),
    Bug(
        "sweep", "cursor_before_work", "crash windows", ("drift",), ("exact_units", "wrong_stock"), "read less than",
        scenario="crash_windows",
    ),
    Bug("sweep", "forgets_at_restart", "crash windows", ("drift",), ("exact_units",), "before", options=KILLS),
    Bug(
        "sweep", "reads_to_an_empty_page", "conduct", ("sync_latency",), ("channel_blocks_others",),
        "souk alone", scenario="marketplace_down",
    ),
)  # fmt: skip

NO_FEED: Final = "it never reads orders, and nobody told it of these"
ONE_WORKER: Final = "what waits for one marketplace holds up the others"
READS_ALL: Final = "it reads all stock whenever a webhook came"
NO_TOKEN: Final = "it never asks for another token"
DENIED: Final = "a write that is denied is logged, and not sent again"
ONE_PROCESS: Final = "one process of Python takes webhooks, reads and lists: too little for the busiest hour"
BEYOND: Final = (
    Beyond("stockroom", "lost_by_shopify", NO_FEED, ("never_sent",)),
    Beyond("relay", "lost_by_shopify", NO_FEED, ("never_sent",)),
    Beyond("stockroom", "outage_and_removal", NO_FEED, ("gap_not_reconciled",)),
    Beyond("relay", "outage_and_removal", NO_FEED, ("gap_not_reconciled",)),
    *(Beyond("sweep", scenario, READS_ALL, ("needless_reads",)) for scenario in ("tier_50k_to_500k", "tier_over_500k")),
    Beyond("stockroom", "tier_over_500k", ONE_PROCESS, ("slow_answers", "growth"), surely=False),
    *(
        Beyond(stranger, "marketplace_down", ONE_WORKER, ("channel_blocks_others",))
        for stranger in ("stockroom", "relay", "sweep")
    ),
    Beyond("stockroom", "marketplace_feeds", NO_FEED, ("feed_unread",)),
    Beyond("relay", "marketplace_feeds", NO_FEED, ("feed_unread",)),
    Beyond("sweep", "marketplace_feeds", "it reads feeds alone, and kirana has none", ("exact_units",)),
    Beyond("stockroom", "scope_granted_late", DENIED, ("scopes_missing",)),
    Beyond("relay", "scope_granted_late", DENIED, ("scopes_missing",)),
    Beyond("stockroom", "reinstall", NO_TOKEN, ("not_reinstalled",)),
    Beyond("relay", "reinstall", NO_TOKEN, ("not_reinstalled",)),
)

WAYS: Final = (
    Way("stockroom", "compares", ("proof", "two_writers")),
    Way("relay", "holds_back", options=("--safety-stock", "2")),
    Way("sweep", "by_rest"),
    Way("sweep", "by_orders"),
    Way("sweep", "whole_stock"),
    Way("stockroom", "receiver"),  # it only acknowledges, and declares that
    Way("stockroom", "in_batches"),
    Way("relay", "a_lane_each", ("marketplace_down",)),
    Way("relay", "writes_seldom", ("smoke", "proof_wide")),
    Way("relay", "names_sales_alone"),
    Way("relay", "one_row_a_push"),
    Way("relay", "hedges"),
    Way("relay", "rises_later"),
    Way("relay", "zero_in_doubt", ("failing_apis",)),
    Way("sweep", "at_most_twenty", declares="lists_less = true"),
    Way("sweep", "old_http"),
    Way("sweep", "feeds_alone"),
)
