"""Reads in a loop, which use up the shop's query points and tell the subject nothing."""

from collections import Counter
from collections.abc import Iterator

from stockstorm.reports.checkers.needless_reads import fuller_bucket, reads_during_load
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
        found = fuller_bucket(case.history, list(reads_during_load(case.history)))
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
