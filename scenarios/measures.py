"""The measures that [expect] may put a condition on, by name (unit last) with what each means.

Checkers produce them, and more beside them that only the report shows; a test compares the two lists.
"""

from typing import Final

MEASURES: Final[dict[str, str]] = {
    # nothing lost, nothing twice, nothing forged
    "lost.events": "events acknowledged that had no effect",
    "applied_twice.orders": "orders whose effect on stock was applied more than once",
    "forged.accepted": "forged deliveries that were acknowledged or had an effect",
    "drift.listings": "listings that differ from what they should be at rest",
    "drift.orders": "accepted orders that the master does not record at rest, or the other way round",
    "drift.units": "units by which the master differs from the shelf at rest, whatever the sign",
    "stale_overwrite.pushes": "pushes that put a listing back to an older state",
    "unexplained_push.pushes": "pushes that fit no state of the master at all",
    # what was sold
    "oversell.incidents": "order lines sold beyond physical stock",
    "oversell.units": "units sold beyond physical stock",
    "oversell.value": "worth of the units sold beyond physical stock, in currency units",
    "refused.attempts": "buyers turned away although the units were there",
    "refused.units": "units that buyers were refused although they were there",
    "lost_units.units": "units that a subject without latency would have sold, less those validly sold",
    "lost_units.value": "worth of the lost units, in currency units",
    # how fast
    "ack_time_ms.p50": "due to the complete 2xx answer, median",
    "ack_time_ms.p95": "due to the complete 2xx answer, 95th percentile",
    "ack_time_ms.p99": "due to the complete 2xx answer, 99th percentile",
    "ack_time.timeouts": "attempts that took over 1 s to connect or 5 s in all",
    "sync_latency_ms.p50": "stock movement fired to another channel's listing reflecting it, median",
    "sync_latency_ms.p95": "stock movement fired to another channel's listing reflecting it, 95th percentile",
    "sync_latency_ms.with_moot.p95": "sync latency p95 with moot pairs, for as long as their listings were wrong",
    "sync_latency_ms.p99": "stock movement fired to another channel's listing reflecting it, 99th percentile",
    "sync_latency_ms.max": "the slowest owed pair of movement and listing",
    "sync_latency_ms.owed": "number of pairs of movement and listing that the latency is measured on",
    "sync_latency_ms.never": "owed pairs of movement and listing that were not reflected at rest",
    "sync_latency_visible_ms.p50": "the subject's share of sync latency: from the first sign of it, median",
    "sync_latency_visible_ms.p95": "the subject's share of sync latency: from the first sign of it, 95th percentile",
    "sync_latency_visible_ms.p99": "the subject's share of sync latency: from the first sign of it, 99th percentile",
    "sync_latency_visible_ms.owed": "number of pairs that the subject's share is measured on",
    "sync_latency_visible_ms.with_moot.p95": "the subject's share, p95, with moot pairs likewise",
    "order_latency_ms.p50": "a channel's sale to the master including it, median",
    "order_latency_ms.p95": "a channel's sale to the master including it, 95th percentile",
    "order_latency_ms.p99": "a channel's sale to the master including it, 99th percentile",
    "crisis_time_s.total": "seconds in which a fast mover was staler than 30 s on some channel",
    # how it was delivered
    "delivery.throughput_per_s": "events acknowledged a second",
    "delivery.unheard": "events that nobody was subscribed to",
    "delivery_success.first_try_share": "share of deliveries acknowledged at the first attempt, 0 to 1",
    "delivery_success.retries": "attempts beyond the first",
    "delivery_success.given_up": "deliveries given up after the last retry",
    "delivery_success.subscriptions_removed": "subscriptions removed for consecutive failures",
    "delivery_success_s.without_subscription": "seconds in which a topic had no subscription",
    "retry_discipline.throttled": "calls of the subject that were throttled",
    "retry_discipline.erased": "sets that erased another actor's change",
    "generator.lateness_ms.p99": "the generator's own lateness, 99th percentile",
}
