"""The subject subscribed to fewer topics, or to fewer channels, than it needs."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.history.deliveries import INVENTORY_TOPIC
from stockstorm.reports.history.level import judged_level
from stockstorm.reports.result import Diagnosis, counted
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import SHOPIFY, SHOPIFY_TOPICS

NEEDED: Final = (INVENTORY_TOPIC,)  # each change of stock comes under this topic; the others only repeat it
# What a service does with the deliveries that it gets. That it gets fewer makes it no slower and no more careless.
ANSWERS: Final = frozenset(
    {
        "ack_time",
        "forged",
        "retry_discipline",
        "stability",
        "resources",
        "memory",
        "descriptors",
        "connections",
        "trend",
    }
)


class FewTopics(Diagnose):
    name = "few_topics"

    def __call__(self, case: Case) -> Iterator[Found]:
        if case.history.started.polls or judged_level(case.history) == "acknowledgement":
            return
        subscribed = case.history.all(f.SubscriptionCreated)
        topics = {fact.topic for fact in subscribed if fact.source == SHOPIFY}
        channels = {fact.source for fact in subscribed if fact.source != SHOPIFY}
        polled = case.history.polled
        silent = [name for name in case.history.marketplaces if name not in channels and name not in polled]
        removed = {fact.topic for fact in case.history.all(f.SubscriptionRemoved) if fact.source == SHOPIFY}
        listed = set(case.history.started.topics or SHOPIFY_TOPICS).union(NEEDED)  # by its subject file
        wanted = [topic for topic in SHOPIFY_TOPICS if topic in listed]
        missing = [topic for topic in wanted if topic not in topics]
        if not silent and not any(topic in missing for topic in NEEDED):
            return
        explained = tuple(name for name in case.consequences() if name not in ANSWERS)
        if not explained:
            return
        heard = f"{len(wanted) - len(missing)} of {len(wanted)}"
        told = [f"subscribed to {heard} topics of the shop"] if missing else []
        told += [f"no address for the notifications of {', '.join(silent)}"] if silent else []
        evidence = [f"missing: {', '.join(missing)}"] if missing else []
        evidence += [f"removed meanwhile: {', '.join(sorted(removed))}"] if removed else []
        yield Found(
            Diagnosis(
                self.name,
                "; ".join(told),
                (*evidence, *_unheard(case)),
                "subscribe to the topics (webhookSubscriptionCreate) and set each marketplace's address "
                "(PUT /marketplaces/CHANNEL/v1/notifications)",
                explained,
            )
        )


def _unheard(case: Case) -> tuple[str, ...]:
    events = case.history.deliveries.events
    counts: dict[str, int] = {}
    for number in case.history.deliveries.unheard:
        if number in events:
            name = f"{events[number].topic} of {events[number].source}"
            counts[name] = counts.get(name, 0) + 1
    if not counts:
        return ("no event had to do without a subscription",)
    return tuple(f"{counted(count, 'event')} of {name} had no subscriber" for name, count in sorted(counts.items())[:4])
