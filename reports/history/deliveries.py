"""Events with their deliveries and attempts, and when each change first became visible to the subject."""

from collections.abc import Mapping
from itertools import accumulate
from typing import Final

import msgspec

from stockstorm.reports.history.ledgers import Ledger
from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.history import facts as f

INVENTORY_TOPIC: Final = "inventory_levels/update"
NEVER_NS: Final = 2**62


class Delivery(msgspec.Struct, gc=False):
    """One delivery: its plan, its attempts and its outcome."""

    planned: f.DeliveryPlanned
    attempts: list[f.AttemptEnded] = []
    outcome: str = ""  # empty: the history does not say
    ended_ns: int = 0


class Deliveries(msgspec.Struct, gc=False):
    """Deliveries by id and by event, events by id, and moments of visibility."""

    by_id: dict[int, Delivery]  # by number of the delivery
    by_event: dict[int, list[Delivery]]  # genuine deliveries only
    genuine: set[int]  # numbers of the deliveries that were not forged
    unheard: set[int]
    events: dict[int, f.EventFired]
    order_event: dict[tuple[int, str], int]  # (order, topic) -> first such event
    version_event: dict[tuple[str, int], int]  # (SKU, version) -> its inventory event
    first_attempt_ns: dict[int, int]  # by event: when the first attempt to deliver it started; missing: none started
    visible_version: dict[str, list[int]]  # by SKU, by version: when it or a later one became visible
    visible_order: dict[int, int]  # by order: when the sale became visible


def build_deliveries(log: FactLog, ledgers: Mapping[str, Ledger]) -> Deliveries:
    """Links attempts and outcomes to deliveries, and deliveries to events."""
    by_id = {planned.delivery: Delivery(planned, []) for planned in log.all(f.DeliveryPlanned)}
    for attempt in log.all(f.AttemptEnded):
        known = by_id.get(attempt.delivery)
        if known is not None:
            known.attempts.append(attempt)
    for ended in log.all(f.DeliveryEnded):
        known = by_id.get(ended.delivery)
        if known is not None:
            known.outcome, known.ended_ns = ended.outcome, ended.at_ns
    by_event: dict[int, list[Delivery]] = {}
    genuine = set()
    for number, delivery in by_id.items():
        planned = delivery.planned
        if not planned.forged:
            genuine.add(number)
            by_event.setdefault(planned.event, []).append(delivery)
    deliveries = Deliveries(
        by_id=by_id,
        by_event=by_event,
        genuine=genuine,
        unheard={fact.event for fact in log.all(f.EventUnheard)},
        events={event.event: event for event in log.all(f.EventFired)},
        order_event={},
        version_event={},
        first_attempt_ns=_first_attempts(by_event),
        visible_version={},
        visible_order={},
    )
    _index_events(deliveries)
    _see(log, ledgers, deliveries)
    return deliveries


def _first_attempts(by_event: Mapping[int, list[Delivery]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for event, of_event in by_event.items():
        for delivery in of_event:
            started = delivery.attempts[0].started_ns if delivery.attempts else 0
            if started and started < found.get(event, NEVER_NS):
                found[event] = started
    return found


def _index_events(deliveries: Deliveries) -> None:
    for serial, event in deliveries.events.items():
        if event.topic == INVENTORY_TOPIC:
            deliveries.version_event.setdefault((event.sku, event.version), serial)
        elif event.order >= 0:
            deliveries.order_event.setdefault((event.order, event.topic), serial)


def _see(log: FactLog, ledgers: Mapping[str, Ledger], deliveries: Deliveries) -> None:
    """A change is visible from the first attempt to deliver it or the first API answer that shows it."""
    versions = {sku: [NEVER_NS] * len(ledger.first_state) for sku, ledger in ledgers.items()}
    orders = deliveries.visible_order
    for serial, started in deliveries.first_attempt_ns.items():
        event = deliveries.events.get(serial)
        if event is None:
            continue
        if event.topic == INVENTORY_TOPIC:
            _earlier(versions.get(event.sku, []), event.version, started)
        elif event.topic == "order.created":
            orders[event.order] = min(orders.get(event.order, NEVER_NS), started)
    for shown in log.all(f.StockShown):
        for sku, version in zip(shown.skus, shown.versions, strict=True):
            _earlier(versions.get(sku, []), version, shown.at_ns)
    for told in log.all(f.OrdersShown):
        for order in told.orders:
            orders[order] = min(orders.get(order, NEVER_NS), told.at_ns)
    for sku, seen in versions.items():
        # A later version shows the change of an earlier one too, at the same location.
        places = ledgers[sku].places
        deliveries.visible_version[sku] = _at_each(seen, places) if places else _shown_by_later(seen)


def _shown_by_later(seen: list[int]) -> list[int]:
    return list(accumulate(reversed(seen), min))[::-1]


def _at_each(seen: list[int], places: list[int]) -> list[int]:
    """The same for an item with several locations. `places`: by version, the one that it changed."""
    found = list(seen)
    for place in set(places):
        versions = [version for version, at in enumerate(places) if at == place]
        for version, at_ns in zip(versions, _shown_by_later([seen[version] for version in versions]), strict=True):
            found[version] = at_ns
    return found


def _earlier(seen: list[int], version: int, at_ns: int) -> None:
    if 0 <= version < len(seen) and at_ns < seen[version]:
        seen[version] = at_ns
