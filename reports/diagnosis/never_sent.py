"""Events that Shopify or a marketplace never sent, and that the subject did not fetch.

They are not lost by the subject: it never had them. What it lacks is the reconciliation that Shopify asks for.
"""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, ordered, quoted
from stockstorm.reports.history.unsent import Unsent, missed_of
from stockstorm.reports.result import Diagnosis, counted, verb

CHECKS: Final = (
    "never_sent", "drift", "sync_latency", "order_latency", "oversell", "crisis_time", "lost_units",
    "refused_though_available", "event_classes",
)  # fmt: skip


class NeverSent(Diagnose):
    name = "never_sent"
    checks = CHECKS
    at_rest = True

    def __call__(self, case: Case) -> Iterator[Found]:
        missed = missed_of(case.history.unsent)
        if not missed:
            return
        first = missed[0].event
        topics = [f"{count} of {topic}" for topic, count in ordered(one.event.topic for one in missed)]
        reads = sum(call.operation == "GET orders" for call in case.calls if call.at_ns > first.at_ns)
        count, all_of_them = counted(len(missed), "event"), counted(len(case.history.unsent), "event")
        cause = f"{count} {verb(len(missed), 'were')} {_by(missed)}, and not fetched by the subject"
        evidence = (
            "of them: " + ", ".join(topics),
            f"never sent in all: {all_of_them} of orders and stock",
            f"the orders of a marketplace were read {reads:,} times after the first that is missing",
            "missing, for example, " + quoted(case.named(one.event) for one in missed),
        )
        remedy = (
            "webhooks are not guaranteed: read orders and stock at a period, with an overlap, and apply what is missing"
        )
        yield Found(
            Diagnosis(self.name, cause, evidence, remedy, case.consequences(*CHECKS), first.at_ns),
            frozenset(f"event {one.event.event}" for one in missed),
        )


def _by(missed: list[Unsent]) -> str:
    shop = any(one.event.source == "shopify" for one in missed)
    channels = any(one.event.source != "shopify" for one in missed)
    who = ["Shopify"] * shop + ["a marketplace"] * channels
    return "never delivered by " + " or ".join(who)
