"""A filter of the subject's own subscription kept back what it needed, and it did not read that either."""

from collections.abc import Iterator

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.history.deliveries import INVENTORY_TOPIC
from stockstorm.reports.result import Diagnosis, counted
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import SHOPIFY


class OwnFilter(Diagnose):
    name = "own_filter"
    checks = ("unheard", "drift", "sync_latency")

    def __call__(self, case: Case) -> Iterator[Found]:
        filtered = {fact.event: fact for fact in case.history.all(f.DeliveryWithheld) if fact.why == "filter"}
        if not filtered:
            return
        missed = [event for number in filtered if (event := _unseen(case, number)) is not None]
        if not missed:
            return
        asked = _filters(case)
        by = {filtered[event.event].subscription for event in missed}
        topics = sorted({event.topic for event in missed})
        yield Found(
            Diagnosis(
                self.name,
                f"the subject's own filter kept back {counted(len(missed), 'event')} of {quoted(topics)} that it did "
                "not read either",
                (
                    f"its filter: {quoted(sorted(asked[number] for number in by if number in asked))}",
                    f"for example {quoted(case.named(event) for event in missed)}",
                ),
                "let the filter fit every event that is needed; one that names a field which the payload does not "
                "have, or has with another type, delivers nothing at all, and Shopify does not say so",
                case.consequences(),
                missed[0].at_ns,
            ),
            frozenset(f"event {event.event}" for event in missed),
        )


def _unseen(case: Case, number: int) -> f.EventFired | None:
    """The event if it told of a change of stock that the subject learned of in no other way."""
    event = case.history.deliveries.events.get(number)
    if event is None or event.topic != INVENTORY_TOPIC:
        return None
    seen = case.history.deliveries.visible_version.get(event.sku, [])
    known = event.version < len(seen) and seen[event.version] < case.history.end_ns
    return None if known else event


def _filters(case: Case) -> dict[int, str]:
    """The last filter of each subscription of the shop."""
    changes: list[f.SubscriptionCreated | f.SubscriptionChanged] = [*case.history.all(f.SubscriptionCreated)]
    changes += case.history.all(f.SubscriptionChanged)
    changes.sort(key=lambda change: change.at_ns)
    return {
        one.subscription: f"{one.filter} (of {one.topic})" for one in changes if one.source == SHOPIFY and one.filter
    }
