"""Events with their deliveries and attempts, and the first moment at which the subject could see each movement."""

from typing import TYPE_CHECKING, Final

import msgspec

from stockstorm.simulator.history import facts as f

if TYPE_CHECKING:
    from stockstorm.reports.history import History

INVENTORY_TOPIC: Final = "inventory_levels/update"
NEVER_NS: Final = 2**62


class Way(msgspec.Struct, gc=False):
    """One delivery: its plan, its tries and how it ended."""

    planned: f.DeliveryPlanned
    attempts: list[f.AttemptEnded] = []
    outcome: str = ""  # empty: the history does not say
    ended_ns: int = 0


class Dispatch(msgspec.Struct, gc=False):
    """Everything about deliveries that several checkers need."""

    ways: dict[int, Way]  # by delivery
    by_event: dict[int, list[Way]]  # genuine deliveries only
    unheard: set[int]
    events: dict[int, f.EventFired]
    order_event: dict[tuple[int, str], int]  # (order, topic) -> first such event
    version_event: dict[tuple[str, int], int]  # (SKU, version) -> its inventory event
    visible_version: dict[str, list[int]]  # by SKU, by version: when it or a later one could first be seen
    visible_order: dict[int, int]  # by order: when the sale could first be seen


def build(history: "History") -> Dispatch:
    """Link attempts and outcomes to deliveries and these to events."""
    ways: dict[int, Way] = {}
    by_event: dict[int, list[Way]] = {}
    for planned in history.all(f.DeliveryPlanned):
        way = ways[planned.delivery] = Way(planned, [])
        if not planned.forged:
            by_event.setdefault(planned.event, []).append(way)
    for attempt in history.all(f.AttemptEnded):
        known = ways.get(attempt.delivery)
        if known is not None:
            known.attempts.append(attempt)
    for ended in history.all(f.DeliveryEnded):
        known = ways.get(ended.delivery)
        if known is not None:
            known.outcome, known.ended_ns = ended.outcome, ended.at_ns
    events = {event.event: event for event in history.all(f.EventFired)}
    dispatch = Dispatch(
        ways=ways,
        by_event=by_event,
        unheard={fact.event for fact in history.all(f.EventUnheard)},
        events=events,
        order_event={},
        version_event={},
        visible_version={},
        visible_order={},
    )
    _index_events(dispatch)
    _see(history, dispatch)
    return dispatch


def _index_events(dispatch: Dispatch) -> None:
    for serial, event in dispatch.events.items():
        if event.topic == INVENTORY_TOPIC:
            dispatch.version_event.setdefault((event.sku, event.version), serial)
        elif event.order >= 0:
            dispatch.order_event.setdefault((event.order, event.topic), serial)


def _see(history: "History", dispatch: Dispatch) -> None:
    """A movement is visible at the first attempt to deliver it or the first API answer that shows it."""
    versions = {sku: [NEVER_NS] * len(ledger.first_state) for sku, ledger in history.ledgers.items()}
    for serial, event in dispatch.events.items():
        started = first_attempt_ns(dispatch, serial)
        if started == NEVER_NS:
            continue
        if event.topic == INVENTORY_TOPIC:
            _earlier(versions, event.sku, event.version, started)
        elif event.topic == "order.created":
            dispatch.visible_order[event.order] = min(dispatch.visible_order.get(event.order, NEVER_NS), started)
    for shown in history.all(f.StockShown):
        for sku, version in zip(shown.skus, shown.versions, strict=True):
            _earlier(versions, sku, version, shown.at_ns)
    _see_orders(history, dispatch.visible_order)
    for seen in versions.values():
        for version in range(len(seen) - 2, -1, -1):
            seen[version] = min(seen[version], seen[version + 1])  # A later version tells an earlier one's change too.
    dispatch.visible_version = versions


def _see_orders(history: "History", visible: dict[int, int]) -> None:
    for told in history.all(f.OrdersShown):
        for order in told.orders:
            visible[order] = min(visible.get(order, NEVER_NS), told.at_ns)


def _earlier(versions: dict[str, list[int]], sku: str, version: int, at_ns: int) -> None:
    seen = versions.get(sku)
    if seen is not None and 0 <= version < len(seen):
        seen[version] = min(seen[version], at_ns)


def first_attempt_ns(dispatch: Dispatch, event: int) -> int:
    """When the first attempt to deliver an event started; NEVER_NS if none did."""
    earliest = NEVER_NS
    for way in dispatch.by_event.get(event, ()):
        for attempt in way.attempts[:1]:
            if attempt.started_ns and attempt.started_ns < earliest:
                earliest = attempt.started_ns
    return earliest
