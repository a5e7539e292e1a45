"""Events with their deliveries and attempts, and when each change first became visible to the subject."""

from collections.abc import Mapping
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
    unheard: set[int]
    events: dict[int, f.EventFired]
    order_event: dict[tuple[int, str], int]  # (order, topic) -> first such event
    version_event: dict[tuple[str, int], int]  # (SKU, version) -> its inventory event
    visible_version: dict[str, list[int]]  # by SKU, by version: when it or a later one became visible
    visible_order: dict[int, int]  # by order: when the sale became visible


def build_deliveries(log: FactLog, ledgers: Mapping[str, Ledger]) -> Deliveries:
    """Links attempts and outcomes to deliveries, and deliveries to events."""
    by_id: dict[int, Delivery] = {}
    by_event: dict[int, list[Delivery]] = {}
    for planned in log.all(f.DeliveryPlanned):
        delivery = by_id[planned.delivery] = Delivery(planned, [])
        if not planned.forged:
            by_event.setdefault(planned.event, []).append(delivery)
    for attempt in log.all(f.AttemptEnded):
        known = by_id.get(attempt.delivery)
        if known is not None:
            known.attempts.append(attempt)
    for ended in log.all(f.DeliveryEnded):
        known = by_id.get(ended.delivery)
        if known is not None:
            known.outcome, known.ended_ns = ended.outcome, ended.at_ns
    events = {event.event: event for event in log.all(f.EventFired)}
    deliveries = Deliveries(
        by_id=by_id,
        by_event=by_event,
        unheard={fact.event for fact in log.all(f.EventUnheard)},
        events=events,
        order_event={},
        version_event={},
        visible_version={},
        visible_order={},
    )
    _index_events(deliveries)
    _see(log, ledgers, deliveries)
    return deliveries


def _index_events(deliveries: Deliveries) -> None:
    for serial, event in deliveries.events.items():
        if event.topic == INVENTORY_TOPIC:
            deliveries.version_event.setdefault((event.sku, event.version), serial)
        elif event.order >= 0:
            deliveries.order_event.setdefault((event.order, event.topic), serial)


def _see(log: FactLog, ledgers: Mapping[str, Ledger], deliveries: Deliveries) -> None:
    """A change is visible from the first attempt to deliver it or the first API answer that shows it."""
    versions = {sku: [NEVER_NS] * len(ledger.first_state) for sku, ledger in ledgers.items()}
    for serial, event in deliveries.events.items():
        started = first_attempt_ns(deliveries, serial)
        if started == NEVER_NS:
            continue
        if event.topic == INVENTORY_TOPIC:
            _earlier(versions, event.sku, event.version, started)
        elif event.topic == "order.created":
            deliveries.visible_order[event.order] = min(deliveries.visible_order.get(event.order, NEVER_NS), started)
    for shown in log.all(f.StockShown):
        for sku, version in zip(shown.skus, shown.versions, strict=True):
            _earlier(versions, sku, version, shown.at_ns)
    _see_orders(log, deliveries.visible_order)
    for seen in versions.values():
        for version in range(len(seen) - 2, -1, -1):
            seen[version] = min(
                seen[version], seen[version + 1]
            )  # a later version shows the change of an earlier one too
    deliveries.visible_version = versions


def _see_orders(log: FactLog, visible: dict[int, int]) -> None:
    for told in log.all(f.OrdersShown):
        for order in told.orders:
            visible[order] = min(visible.get(order, NEVER_NS), told.at_ns)


def _earlier(versions: dict[str, list[int]], sku: str, version: int, at_ns: int) -> None:
    seen = versions.get(sku)
    if seen is not None and 0 <= version < len(seen):
        seen[version] = min(seen[version], at_ns)


def first_attempt_ns(deliveries: Deliveries, event: int) -> int:
    """When the first attempt to deliver an event started; NEVER_NS if none started."""
    earliest = NEVER_NS
    for delivery in deliveries.by_event.get(event, ()):
        for attempt in delivery.attempts[:1]:
            if attempt.started_ns and attempt.started_ns < earliest:
                earliest = attempt.started_ns
    return earliest
