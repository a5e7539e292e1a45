"""Unheard: topics that fired while nobody was subscribed to them.

Events that a subscription's filter kept back count as unheard where the filter let nothing of their topic through.
Without a subscription, a subject can still read what happened. A marketplace's order that it read afterwards is heard.
If it read neither the order nor the level, it cannot
know of a marketplace's order or of a restock, so that is invalid. Other topics may be of no use to it. That holds for
topics of the shop that its subject file leaves out, if the file lists any. Else Stockstorm cannot know: they are named,
and the finding is unknown. What a marketplace tells by its feed alone must be read.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Final

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.history.deliveries import INVENTORY_TOPIC
from stockstorm.reports.history.event_outcomes import ORDER_KINDS, answers_a_call
from stockstorm.reports.result import Check, Incident, Tally, counted, unknown, verb
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import SHELF_CAUSES, SHOPIFY

NEEDED: Final = frozenset(
    {
        "inventory_levels/update",
        "orders/create",
        "orders/paid",
        "orders/cancelled",
        "refunds/create",
        *ORDER_KINDS,
    }
)
TOPICS_SHOWN: Final = 4


class Unheard(Checker):
    name = "unheard"
    measures = (
        Measure("unheard.events", "events unheard", "count", "events of the main topics that nobody was subscribed to"),
        Measure("unheard.topics", "topics unheard", "count", "main topics with such events, by source"),
        Measure(
            "unheard.missed",
            "events missed",
            "count",
            "orders of marketplaces and restocks that the subject neither heard of nor read",
        ),
        Measure(
            "unheard.withheld",
            "events kept back",
            "count",
            "events of the main topics that went to nobody, because of the subject's own filters or included fields",
            more_is_worse=None,
        ),
    )
    when_polling = ()

    def __call__(self, history: History) -> Check:
        unsubscribed = history.deliveries.unheard
        fired = [e for e in history.all(f.EventFired) if e.topic in NEEDED and not answers_a_call(e)]
        if not fired:
            return unknown(self.name, "no event of a main topic was fired")
        withheld, closed = _withheld(history, fired)
        unheard = [event for event in fired if event.event in unsubscribed or event.event in closed]
        missed = _missed(history, unheard)
        blamed = {event.event for event in missed}
        read = [event for event in unheard if event.topic in ORDER_KINDS and event.event not in blamed]
        unheard = [event for event in unheard if event.topic not in ORDER_KINDS or event.event in blamed]
        wanted = [event for event in unheard if event.event in blamed or not _unlisted(history, event)]
        unlisted = len(unheard) - len(wanted)
        unheard = [event for event in wanted if event.event in blamed or not _excused(history, event)]
        excused = len(wanted) - len(unheard)
        by_topic: defaultdict[tuple[str, str], list[f.EventFired]] = defaultdict(list)
        for event in unheard:
            by_topic[event.source, event.topic].append(event)
        lost = Counter((event.source, event.topic) for event in missed)
        tally = Tally()
        for (source, topic), events in by_topic.items():
            tally.add(_incident(history, source, topic, events, lost[source, topic]))
        measures = {
            "unheard.events": float(len(unheard)),
            "unheard.topics": float(len(by_topic)),
            "unheard.missed": float(len(missed)),
            "unheard.withheld": float(withheld),
        }
        said = f"; what the subject had asked for kept back {counted(withheld, 'event')}" if withheld else ""
        if not unheard:
            heard = len(fired) - excused - unlisted - len(read)
            return tally.check(self.name, "valid", _heard(heard, excused, unlisted, len(read)) + said, measures)
        reason = f"nobody was subscribed to {_shown(by_topic)}"
        if missed:
            reason += f", and {counted(len(missed), 'event')} {verb(len(missed), 'were')} not read either{said}"
            return tally.check(self.name, "invalid", reason, measures)
        reason += f"; whether the subject needs them is not known{said}"
        return tally.check(self.name, "unknown", reason, measures)

    def exposure(self, history: History) -> dict[str, int]:
        fired = set(map(attrgetter("source", "topic"), history.all(f.EventFired)))
        return {"main topics that fired": sum(topic in NEEDED for _, topic in fired)}


def _heard(heard: int, excused: int, unlisted: int, read: int) -> str:
    parts = [f"each of {counted(heard, 'event')} of the main topics had a subscription"]
    parts += [f"{counted(excused, 'event')} fired while there could be none"] if excused else []
    parts += (
        [f"{counted(read, 'event')} of marketplaces {verb(read, 'were')} read by the subject itself"] if read else []
    )
    parts += (
        [f"{counted(unlisted, 'event')} {verb(unlisted, 'are')} of topics that its file leaves out"] if unlisted else []
    )
    return "; ".join(parts)


def _shown(by_topic: Mapping[tuple[str, str], list[f.EventFired]]) -> str:
    names = [f"{topic} of {_title(source)} ({len(events):,})" for (source, topic), events in by_topic.items()]
    more = f" and {len(names) - TOPICS_SHOWN} more" if len(names) > TOPICS_SHOWN else ""
    return ", ".join(names[:TOPICS_SHOWN]) + more


def _withheld(history: History, fired: Sequence[f.EventFired]) -> tuple[int, set[int]]:
    """How many of these the subject's wishes kept back, and those of topics of which a filter let nothing through."""
    filtered = {fact.event for fact in history.all(f.DeliveryWithheld) if fact.why == "filter"}
    if not history.all(f.DeliveryWithheld):
        return 0, set()
    classes = dict(zip((each.event for each in history.all(f.EventFired)), history.reported.delivery, strict=True))
    kept = [event for event in fired if classes[event.event] == "withheld"]
    heard = {event.topic for event in fired if classes[event.event] not in ("withheld", "no_subscription")}
    closed = {event.event for event in kept if event.event in filtered and event.topic not in heard}
    return len(kept), closed


def _unlisted(history: History, event: f.EventFired) -> bool:
    """Whether the subject's file lists topics of the shop, and not this one."""
    listed = history.started.topics
    return bool(listed) and event.source == SHOPIFY and event.topic not in listed


def _excused(history: History, event: f.EventFired) -> bool:
    """Whether no subscription can have heard it, or a planned fault had cost the subject its subscription."""
    if event.source in history.polled:
        return True
    return history.app.excuses(event) or history.removals.excuses(event)


def _missed(history: History, unheard: list[f.EventFired]) -> list[f.EventFired]:
    """Events that a subject had to know of and could not."""
    if not unheard:
        return []
    visible = history.deliveries
    told: dict[int, int] = {}
    for shown in history.all(f.OrdersShown):
        for order in shown.orders:
            told[order] = shown.at_ns
    restocks = {(change.sku, change.version) for change in history.all(f.StockChanged) if change.cause in SHELF_CAUSES}
    found = []
    for event in unheard:
        if event.topic in ORDER_KINDS:
            if told.get(event.order, -1) < event.at_ns:
                found.append(event)
        elif event.topic == INVENTORY_TOPIC and (event.sku, event.version) in restocks:
            seen = visible.visible_version.get(event.sku, [])
            if event.version < len(seen) and seen[event.version] >= history.end_ns:
                found.append(event)
    return found


def _incident(history: History, source: str, topic: str, events: list[f.EventFired], lost: int) -> Incident:
    first = events[0]
    text = (
        f"Nobody was subscribed to {topic} of {_title(source)} when {counted(len(events), 'event')} fired, the first "
        f"at {history.offset(first.at_ns)}"
    )
    if lost:
        text += f"; the subject did not read {lost} of them either"
    channel = "" if source == "shopify" else source
    return Incident("unheard", first.at_ns, text, channel, first.sku, first.order, events=(first.event,))


def _title(source: str) -> str:
    return "the shop" if source == "shopify" else source
