"""What the subject did with each topic: how it answered, and which effect was seen. Of a run of few events only.

A long run is told by its event classes. A first try with one of each topic is read line by line.
"""

from collections import Counter
from typing import Final

from stockstorm.reports.history import History
from stockstorm.reports.history.event_outcomes import Classified
from stockstorm.reports.result import TopicOutcome
from stockstorm.simulator.history import facts as f

EVENTS_MAX: Final = 100


def by_topic(history: History) -> tuple[TopicOutcome, ...]:
    """A row for each topic of each source that fired, the shop's first. Empty for a run of many events."""
    if not 0 < history.count(f.EventFired) <= EVENTS_MAX:
        return ()
    topics: dict[tuple[str, str], list[Classified]] = {}
    for entry in history.classified:
        topics.setdefault((entry.event.source, entry.event.topic), []).append(entry)
    return tuple(
        _outcome(history, source, topic, entries)
        for (source, topic), entries in sorted(topics.items(), key=lambda each: (each[0][0] != "shopify", each[0]))
    )


def _outcome(history: History, source: str, topic: str, entries: list[Classified]) -> TopicOutcome:
    answers = Counter(
        str(attempt.status or attempt.error or "none")
        for entry in entries
        for delivery in history.deliveries.of_event(entry.event.event)
        for attempt in delivery.attempts
    )
    if unheard := sum(entry.delivery == "no_subscription" for entry in entries):
        answers["not subscribed to"] = unheard
    effects = Counter(entry.effect for entry in entries)
    return TopicOutcome(source, topic, len(entries), dict(sorted(answers.items())), dict(sorted(effects.items())))
