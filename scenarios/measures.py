"""The measures that [expect] may put a condition on, by name (unit last) with what each means.

Checkers produce them; a test compares the two lists, so neither can drift from the other.
"""

from typing import Final

MEASURES: Final[dict[str, str]] = {
    "ack_time_ms.p50": "due to the complete 2xx answer, median, in milliseconds",
    "ack_time_ms.p95": "due to the complete 2xx answer, 95th percentile, in milliseconds",
    "ack_time_ms.p99": "due to the complete 2xx answer, 99th percentile, in milliseconds",
    "sync_latency_ms.p50": "stock movement fired to another channel's listing reflecting it, median, in milliseconds",
    "sync_latency_ms.p95": "stock movement fired to another channel's listing reflecting it, 95th percentile",
    "sync_latency_ms.p99": "stock movement fired to another channel's listing reflecting it, 99th percentile",
    "sync_latency_ms.max": "the slowest owed pair of movement and listing, in milliseconds",
    "sync_latency_ms.owed": "number of pairs of movement and listing that the latency is measured on",
    "sync_latency_visible_ms.p95": "the subject's share: counted from the first attempt that showed it, 95th pct.",
    "order_latency_ms.p95": "a channel's sale to the master including it, 95th percentile, in milliseconds",
    "oversell.incidents": "order lines sold beyond physical stock",
    "oversell.units": "units sold beyond physical stock",
    "oversell.value": "worth of the units sold beyond physical stock, in currency units",
    "lost.events": "events acknowledged that had no effect",
    "applied_twice.orders": "orders whose effect on stock was applied more than once",
    "forged.accepted": "forged deliveries that were acknowledged or had an effect",
    "drift.listings": "listings that differ from what they should be at rest",
    "drift.orders": "accepted orders that the master does not record at rest, or the other way round",
    "stale_overwrite.pushes": "pushes that put a listing back to an older state",
    "unexplained_push.pushes": "pushes that fit no state of the master at all",
    "delivery_success.first_try_share": "share of deliveries acknowledged at the first attempt, 0 to 1",
    "refused.attempts": "buyers turned away although the units were there",
    "lost_units.units": "units that a subject without latency would have sold, less those validly sold",
    "crisis_time_s.total": "seconds in which a fast mover was staler than 30 s on some channel",
    "generator.lateness_ms.p99": "the generator's own lateness, 99th percentile, in milliseconds",
}
