"""The traits of events: what the history says of each of them, its deliveries and its order."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.order_reads import OrderReads
from stockstorm.reports.diagnosis.traits import CAUSES, LINES, MARKS, TOPIC_OF, Trait, twins
from stockstorm.reports.history import History
from stockstorm.reports.history.deliveries import INVENTORY_TOPIC, NEVER_NS, Delivery
from stockstorm.reports.history.faults import ENDS
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import APP_TOPICS, LIFE_TOPICS, SHOPIFY

CRASH_WINDOWS_NS: Final = (250 * MILLISECOND_NS, SECOND_NS, 2 * SECOND_NS)
CLOSE_NS: Final = 20 * MILLISECOND_NS
SKUS_MAX: Final = 200  # with more of them a SKU is no trait
START_NS: Final = SECOND_NS  # after a restart
BEFORE_LEVEL_NS: Final = tuple(seconds * SECOND_NS for seconds in (1, 2, 5))
TOGETHER_NS: Final = 2 * MILLISECOND_NS
EQUAL_WITHIN_NS: Final = tuple(seconds * SECOND_NS for seconds in (1, 2, 5, 10, 60))
BURST_NS: Final = 250 * MILLISECOND_NS
UNINSTALLED: Final = LIFE_TOPICS["uninstall"]
OWN: Final = "subject_"  # how the causes of its own writes begin
BURST_TIMES: Final = (1.5, 2, 3)  # as many as usual


def unanswered(case: Case) -> frozenset[tuple[int, str]]:
    """(order, topic) of what was first written by a call whose answer never arrived."""
    silent = {call.request for call in case.calls if call.status == 0}
    if not silent:
        return frozenset()
    rows = {(row.sku, row.version) for row in case.history.all(f.StockChanged) if row.request in silent}
    return frozenset(
        (effect.order, TOPIC_OF[effect.kind])
        for effect in case.history.orders.effects
        if (effect.sku, effect.version) in rows
    )


def _acknowledged(of_event: Iterable[Delivery]) -> int:
    """When an event was first acknowledged."""
    times = (one.attempts[-1].at_ns for one in of_event if one.outcome == "acknowledged" and one.attempts)
    return min(times, default=NEVER_NS)


def _rounded(items: Iterable[f.ItemStocked]) -> frozenset[str]:
    """SKUs whose item's id a float cannot hold."""
    return frozenset(item.sku for item in items if int(float(item.inventory_item_id)) != item.inventory_item_id)


def _numbered_again(sales: Iterable[f.PurchaseAccepted], own: Iterable[str]) -> frozenset[int]:
    """Orders whose number an earlier order of another marketplace has too."""
    first, marketplaces = dict[str, str](), frozenset(own)
    again = set[int]()
    for sale in sales:
        if sale.channel in marketplaces and first.setdefault(sale.ref, sale.channel) != sale.channel:
            again.add(sale.order)
    return frozenset(again)


def _equal(sales: Iterable[f.PurchaseAccepted]) -> dict[int, int]:
    """Orders with the lines of an earlier one of the same channel, and how long after the last of these they came."""
    last, equal = dict[tuple[str, tuple[tuple[str, int], ...]], int](), dict[int, int]()
    for sale in sales:
        lines = tuple(sorted(zip(sale.skus, sale.quantities, strict=True)))
        if (sale.channel, lines) in last:
            equal[sale.order] = sale.at_ns - last[sale.channel, lines]
        last[sale.channel, lines] = sale.at_ns
    return equal


def _not_installed(case: Case) -> list[tuple[int, int]]:
    """From each uninstallation of the app to its next call that the Admin API accepted."""
    accepted = sorted(call.at_ns for call in case.calls if call.api == "admin" and call.outcome == "ok")
    gone = [change.at_ns for change in case.history.all(f.AppChanged) if change.change == "uninstall"]
    places = [bisect_right(accepted, at_ns) for at_ns in gone]
    return [(at_ns, accepted[n] if n < len(accepted) else NEVER_NS) for at_ns, n in zip(gone, places, strict=True)]


def _ties(history: History) -> frozenset[tuple[str, int]]:
    """(SKU, version) of changes in the same second of the wall clock as the change before.

    What the subject wrote itself is no news to it, and so no such change.
    """
    started = history.last(f.RunStarted)
    offset_ns = started.wall_ns - started.at_ns if started else 0
    seconds, found = dict[str, int](), set[tuple[str, int]]()
    for change in history.all(f.StockChanged):
        second = (change.at_ns + offset_ns) // SECOND_NS
        if seconds.get(change.sku) == second and not change.cause.startswith(OWN):
            found.add((change.sku, change.version))
        seconds[change.sku] = second
    return frozenset(found)


# How an order of a marketplace changes the stock.
WAYS: Final = {"order.created": "down", "order.cancelled": "up", "order.returned": "up"}


def _of_lines(sale: f.PurchaseAccepted) -> set[Trait]:
    found = {Trait("many_lines", str(count)) for count in LINES if len(sale.skus) > count}
    if len(sale.skus) > 1:
        found.add(Trait("lines"))
    if len(set(sale.skus)) < len(sale.skus):
        found.add(Trait("two_lines"))
    if max(sale.quantities, default=1) > 1:
        found.add(Trait("units"))
    return found


def _burst_sizes(arrivals: Sequence[int]) -> tuple[int, ...]:
    """Numbers of arrivals that are far more than usual in the time of a burst."""
    if len(arrivals) < 2:
        return ()
    usual = len(arrivals) * BURST_NS / (arrivals[-1] - arrivals[0] + 1)
    return tuple(dict.fromkeys(max(3, round(usual * times)) for times in BURST_TIMES))


class EventTraits:
    """The traits of every event of a history."""

    def __init__(self, case: Case) -> None:
        history = case.history
        self._history = history
        self._deliveries = history.deliveries
        self._orders = {sale.order: sale for sale in history.all(f.PurchaseAccepted)}
        self._numbered_again = _numbered_again(self._orders.values(), history.marketplaces)
        self._equal = _equal(self._orders.values())
        self._not_installed = _not_installed(case)
        self._items = history.items
        self._changes = {(change.sku, change.version): change for change in history.all(f.StockChanged)}
        self._returned: dict[int, int] = {}
        for back in history.all(f.OrderReturned):
            self._returned.setdefault(back.order, back.at_ns)
        self._unanswered = unanswered(case)
        self._cancelled = {gone.order: gone.at_ns for gone in history.all(f.OrderCancelled)}
        self._ends = [at_ns for at_ns, _ in case.process_ends]
        self._phases = [(phase.at_ns, phase.phase) for phase in history.all(f.PhaseStarted)]
        self._times = self._times_by_sku()
        self._locations = len({place for item in self._items.values() for place in (item.location_id, *item.locations)})
        self._first = self._first_tries()
        self._of_app = self._heard_of_app()
        self._twins = twins(self._items.values())
        self._rounded = _rounded(self._items.values())
        self._faults = [fault for fault in history.fault_intervals if fault.planned]
        self._ready = sorted(fault.end_ns for fault in self._faults if fault.fault in ENDS)
        self._reads = OrderReads(case)
        self._ties = _ties(history)
        self._leading = self._first_of_action()
        self._uninstalled_ns = self._told_of_uninstallation()
        self._arrivals = sorted(
            delivery.attempts[0].started_ns or delivery.attempts[0].at_ns for delivery in case.genuine
        )
        self._bursts = _burst_sizes(self._arrivals)
        self._first_level = self._first_levels()

    def of(self, event: f.EventFired) -> frozenset[Trait]:
        """All that is said of an event."""
        found = {Trait("topic", event.topic), Trait("source", event.source)}
        skus = self._skus(event)
        if event.version >= 0 and (change := self._changes.get((event.sku, event.version))):
            found.add(Trait("cause", CAUSES[change.cause]))
            if change.delta:
                found.add(Trait("way", "up" if change.delta > 0 else "down"))
            if change.available <= 0:
                found.add(Trait("level", "0" if not change.available else "less than 0"))
            if (event.sku, event.version) in self._ties:
                found.add(Trait("tie"))
        if event.topic in WAYS:
            found.add(Trait("way", WAYS[event.topic]))
        if self._follows(event):
            found.add(Trait("sibling"))
        found |= self._of_order(event)
        found |= self._of_skus(skus, event.at_ns, event.version)
        found |= self._of_unknown_levels(event, skus)
        found |= self._of_deliveries(event)
        if phase := self._phase(event.at_ns):
            found.add(Trait("phase", phase))
        return frozenset(found)

    def _skus(self, event: f.EventFired) -> tuple[str, ...]:
        if event.sku:
            return (event.sku,)
        sale = self._orders.get(event.order)
        return tuple(dict.fromkeys(sale.skus)) if sale else ()

    def _of_order(self, event: f.EventFired) -> set[Trait]:
        sale, found = self._orders.get(event.order), set[Trait]()
        if sale is None:
            return found
        if event.order in self._numbered_again:
            found.add(Trait("same_number"))
        if (after_ns := self._equal.get(event.order)) is not None:
            found |= {Trait("equal", f"{size // SECOND_NS} s") for size in EQUAL_WITHIN_NS if after_ns < size}
        if event.topic != INVENTORY_TOPIC:  # it tells of one item, whatever the order has besides
            found |= _of_lines(sale)
        if self._cancelled.get(event.order, event.at_ns) < event.at_ns:
            found.add(Trait("after_cancel"))
        if self._returned.get(event.order, event.at_ns) < event.at_ns:
            found.add(Trait("after_return"))
        if (event.order, event.topic) in self._unanswered:
            found.add(Trait("unanswered"))
        return found | self._of_order_heard(event)

    def _of_order_heard(self, event: f.EventFired) -> set[Trait]:
        """How the subject heard of the event's order."""
        found = set[Trait]()
        if self._is_ahead(event):
            found.add(Trait("ahead"))
        if self._hears_after_cancel(event):
            found.add(Trait("cancel_heard"))
        found |= self._told_between(event)
        return found | self._reads.of(event.order, self._deliveries.first_attempt_ns.get(event.event, -1))

    def _place(self, item: f.ItemStocked, version: int) -> int:
        """The location that an event is about; -1 where it is about the item as a whole, which several stock."""
        ledger = self._history.ledgers.get(item.sku)
        if ledger is None or not ledger.parts:
            return item.location_id
        return ledger.place(version) if version >= 0 else -1

    def _of_skus(self, skus: tuple[str, ...], at_ns: int, version: int = -1) -> set[Trait]:
        found = set[Trait]()
        for sku in skus:
            item = self._items.get(sku)
            if len(self._items) <= SKUS_MAX:
                found.add(Trait("sku", sku))
            if sku in self._twins:
                found.add(Trait("twin", self._twins[sku]))
            if sku in self._rounded:
                found.add(Trait("inexact"))
            if item is not None:
                found.add(Trait("digit", str(item.inventory_item_id % 10)))
            if item is not None and item.hot:
                found.add(Trait("hot"))
            if item is not None and self._locations > 1 and (place := self._place(item, version)) >= 0:
                found.add(Trait("location", str(place)))
            times = self._times.get(sku, [])
            if bisect_right(times, at_ns + CLOSE_NS) - bisect_left(times, at_ns - CLOSE_NS) > 1:
                found.add(Trait("close"))
        return found

    def _of_unknown_levels(self, event: f.EventFired, skus: tuple[str, ...]) -> set[Trait]:
        """How long before the first news of the stock of one of its SKUs an order came."""
        arrived = self._deliveries.first_attempt_ns.get(event.event)
        if event.topic not in WAYS or arrived is None or not self._first_level:
            return set()
        before_ns = max((self._first_level.get(sku, NEVER_NS) for sku in skus), default=arrived) - arrived
        return {Trait("before_level", f"{ns // SECOND_NS} s") for ns in BEFORE_LEVEL_NS if before_ns > ns}

    def _of_deliveries(self, event: f.EventFired) -> set[Trait]:
        found = set[Trait]()
        of_event = self._deliveries.by_event.get(event.event, [])
        if event.source == SHOPIFY and self._deliveries.first_attempt_ns.get(event.event, -1) > self._uninstalled_ns:
            found.add(Trait("uninstalled"))
        if any(delivery.planned.copy for delivery in of_event):
            found.add(Trait("copies"))
        for delivery in of_event:
            found.update(Trait("perturbed", MARKS[name]) for name in delivery.planned.perturbed if name in MARKS)
            if delivery.outcome != "acknowledged" or not delivery.attempts:
                continue
            if len(delivery.attempts) > 1:
                found.add(Trait("retried"))
            last = delivery.attempts[-1]
            place = bisect_left(self._ends, last.at_ns)
            if place < len(self._ends):
                before = self._ends[place] - last.at_ns
                found |= {Trait("process_end", f"{size / SECOND_NS:g} s") for size in CRASH_WINDOWS_NS if before < size}
            for fault in self._faults:
                if fault.begin_ns <= last.at_ns <= fault.end_ns:
                    found.add(Trait("outage", fault.fault.replace("_", " ")))
        if self._comes_across_an_end(of_event):
            found.add(Trait("across_end"))
        return found | self._of_arrival(event)

    def _comes_across_an_end(self, of_event: Sequence[Delivery]) -> bool:
        """Whether it was acknowledged after the end of a process, and had come before that end."""
        tries = [attempt for delivery in of_event for attempt in delivery.attempts]
        first_ns = min((attempt.started_ns or attempt.at_ns for attempt in tries), default=NEVER_NS)
        last_ns = max((one.ended_ns for one in of_event if one.outcome == "acknowledged"), default=-1)
        place = bisect_left(self._ends, first_ns)
        return place < len(self._ends) and self._ends[place] < last_ns

    def _of_arrival(self, event: f.EventFired) -> set[Trait]:
        """What was going on when the event was first tried."""
        arrived, found = self._deliveries.first_attempt_ns.get(event.event), set[Trait]()
        if arrived is None:
            return found
        of_event = self._deliveries.by_event.get(event.event, ())
        answered = min((one.attempts[0].at_ns for one in of_event if one.attempts), default=arrived)
        for fault in self._faults:
            if fault.begin_ns <= answered and arrived <= fault.end_ns < _acknowledged(of_event):
                found.add(Trait("fault", fault.fault.replace("_", " ")))
        place = bisect_right(self._ready, arrived) - 1
        if place >= 0 and arrived - self._ready[place] < START_NS:
            found.add(Trait("restart", f"{START_NS // SECOND_NS} s"))
        if any(begin <= arrived < end for begin, end in self._not_installed):
            found.add(Trait("not_installed"))
        times = self._arrivals
        if bisect_right(times, arrived + TOGETHER_NS) - bisect_left(times, arrived - TOGETHER_NS) > 1:
            found.add(Trait("together"))
        before = bisect_left(times, arrived) - bisect_left(times, arrived - BURST_NS)
        found |= {Trait("burst", str(size)) for size in self._bursts if before > size}
        return found

    def _hears_after_cancel(self, event: f.EventFired) -> bool:
        started = self._deliveries.first_attempt_ns
        gone = self._deliveries.order_event.get((event.order, TOPIC_OF["cancelled"]), -1)
        arrived = started.get(event.event)
        return arrived is not None and gone != event.event and started.get(gone, arrived) < arrived

    def _told_between(self, event: f.EventFired) -> set[Trait]:
        """Requests about the app that came after the first news of the order, and before this event or a copy of it."""
        first_ns = min((at_ns for _, at_ns in self._first.get(event.order, ())), default=NEVER_NS)
        of_event = self._deliveries.by_event.get(event.event, ())
        last_ns = max((one.attempts[0].at_ns for one in of_event if one.attempts), default=-1)
        return {Trait("told_between", topic) for topic, at_ns in self._of_app if first_ns < at_ns < last_ns}

    def _phase(self, at_ns: int) -> str:
        name = ""
        for begun, phase in self._phases:
            name = phase if begun <= at_ns else name
        return name if len(self._phases) > 1 else ""

    def _is_ahead(self, event: f.EventFired) -> bool:
        started = self._deliveries.first_attempt_ns.get(event.event)
        earlier = self._first.get(event.order, [])
        return started is not None and any(serial < event.event and at_ns > started for serial, at_ns in earlier)

    def _heard_of_app(self) -> list[tuple[str, int]]:
        """What the subject took about itself, copies and replays included, and when it answered."""
        return [
            (one.planned.topic, one.attempts[-1].at_ns)
            for one in self._deliveries.by_id.values()
            if one.planned.topic in APP_TOPICS and one.attempts and one.outcome == "acknowledged"
        ]

    def _first_tries(self) -> dict[int, list[tuple[int, int]]]:
        """By order: its events, and when each was first tried."""
        found: dict[int, list[tuple[int, int]]] = {}
        for serial, at_ns in self._deliveries.first_attempt_ns.items():
            event = self._deliveries.events.get(serial)
            if event is not None and event.order >= 0:
                found.setdefault(event.order, []).append((serial, at_ns))
        return found

    def _told_of_uninstallation(self) -> int:
        """When the subject acknowledged that it was uninstalled."""
        told = [event for event in self._deliveries.events.values() if event.topic == UNINSTALLED]
        return min((_acknowledged(self._deliveries.by_event.get(one.event, ())) for one in told), default=NEVER_NS)

    def _first_of_action(self) -> dict[str, int]:
        """By event id: the event that was tried first of those that share it."""
        started, found = self._deliveries.first_attempt_ns, dict[str, tuple[int, int]]()
        for event in self._deliveries.events.values():
            if event.event in started:
                first = (started[event.event], event.event)
                found[event.event_id] = min(first, found.get(event.event_id, first))
        return {event_id: number for event_id, (_, number) in found.items()}

    def _follows(self, event: f.EventFired) -> bool:
        """Whether another event of its action was tried before it."""
        tried = event.event in self._deliveries.first_attempt_ns
        return tried and self._leading.get(event.event_id) != event.event

    def _first_levels(self) -> dict[str, int]:
        """By SKU, when the first news of its stock came."""
        found: dict[str, int] = {}
        for serial, at_ns in self._deliveries.first_attempt_ns.items():
            event = self._deliveries.events.get(serial)
            if event is not None and event.topic == INVENTORY_TOPIC:
                found[event.sku] = min(at_ns, found.get(event.sku, at_ns))
        return found

    def _times_by_sku(self) -> dict[str, list[int]]:
        """When events of a SKU fired, without those of one instant, which are one happening."""
        times: dict[str, set[int]] = {}
        for event in self._deliveries.events.values():
            for sku in self._skus(event):
                times.setdefault(sku, set()).add(event.at_ns)
        return {sku: sorted(found) for sku, found in times.items()}


def event_traits(case: Case) -> EventTraits:
    """The traits of a case's events, built once."""
    found = case.kept.get("traits")
    if not isinstance(found, EventTraits):
        found = case.kept["traits"] = EventTraits(case)
    return found
