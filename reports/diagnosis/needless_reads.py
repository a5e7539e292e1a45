"""Reads in a loop that tell the subject nothing: of the shop, whose query points they use up, or of a marketplace."""

from collections import Counter
from collections.abc import Iterator

from stockstorm.reports.checkers.needless_reads import (
    FEED_PER_S_MAX,
    SHARE_MAX,
    emptiest,
    feed_reads,
    fuller_bucket,
    needless_share,
    reads_during_load,
)
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.result import Diagnosis

CHECK = "needless_reads"
BUCKETS = ("extensions.cost.throttleStatus", "X-Shopify-Shop-Api-Call-Limit")  # what tells of it: by GraphQL, by REST
SLOW = ("throttling", "retry_discipline", "sync_latency", "order_latency", "crisis_time")


class NeedlessReads(Diagnose):
    name = "needless_reads"

    def __call__(self, case: Case) -> Iterator[Found]:
        if CHECK not in case.invalid:
            return
        yield from self._of_feeds(case)
        found = fuller_bucket(case.history, list(reads_during_load(case.history)))
        if not found or needless_share(case.history, found) < SHARE_MAX:
            return
        points = Counter[str]()
        for read in found:
            points[read.operation] += round(read.needless)
        operation, most = points.most_common(1)[0]
        by_rest = found[0].of_rest
        rows, old = sum(read.rows for read in found), sum(read.old for read in found)
        yield Found(
            Diagnosis(
                self.name,
                f"{operation} is read again and again: {old:,} of {rows:,} rows showed nothing new, which cost "
                f"{most:,} {'calls' if by_rest else 'query points'}",
                (
                    f"{len(found):,} reads between {case.when(found[0].at_ns)} and {case.when(found[-1].at_ns)}",
                    next(check.reason for check in case.checks if check.name == CHECK),
                ),
                "let webhooks tell what changed; ask only for what was updated since the last read, and wait between "
                f"two reads as long as {BUCKETS[by_rest]} needs",
                case.consequences(CHECK, *SLOW),
                found[0].at_ns,
            )
        )

    def _of_feeds(self, case: Case) -> Iterator[Found]:
        feeds = feed_reads(case.history)
        channel, often = emptiest(case.history, feeds) if feeds else ("", 0.0)
        if often < FEED_PER_S_MAX:
            return
        calls = feeds[channel]
        empty = sum(not call.rows for call in calls)
        yield Found(
            Diagnosis(
                self.name,
                f"the orders of {channel} are read without a pause: {empty:,} of {len(calls):,} reads found none, "
                f"{often:,.0f} a second",
                (f"{len(calls):,} reads between {case.when(calls[0].at_ns)} and {case.when(calls[-1].at_ns)}",),
                "wait a while after a read that found nothing: marketplaces limit calls, and a feed that is read once "
                "a second is no later than its notifications",
                case.consequences(CHECK, *SLOW),
                calls[0].at_ns,
            )
        )
