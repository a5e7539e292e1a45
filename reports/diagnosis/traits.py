"""Traits: what can be said of an event, a delivery or a listing, so that bad ones can be compared with good ones.

A trait completes the sentence "41 of 41 lost events are …". Each kind has a hint at what to look at.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from stockstorm.reports.diagnosis.case import Case
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.ids import EXACT_MAX

TraitKind = Literal[
    "topic", "source", "cause", "cause_big", "process_end", "copies", "ahead", "retried", "two_lines", "lines", "units",
    "after_cancel", "after_return", "unanswered", "twin", "location", "fault", "close", "perturbed",
    "forgery", "channel", "sku", "hot", "phase", "size", "zero", "one_unit",
]  # fmt: skip

PHRASES: Final[dict[TraitKind, str]] = {
    "topic": "of topic {}",
    "source": "from {}",
    "cause": "of stock that changed by a {}",
    "cause_big": "of stock that changed by a {}",
    "process_end": "acknowledged less than {} before a process of the service ended",
    "copies": "delivered more than once",
    "ahead": "sent ahead of an earlier event of the same order",
    "retried": "acknowledged only at a later try",
    "two_lines": "of orders with one SKU on two lines",
    "lines": "of orders with several lines",
    "units": "of orders with more than one unit on a line",
    "after_cancel": "of orders that were cancelled before",
    "after_return": "of orders of which units were returned before",
    "unanswered": "first written by a call that got no answer",
    "twin": "of items whose id is the {} of two that become one as a float",
    "location": "of location {}",
    "fault": "sent during a fault",
    "close": "less than 20 ms from another event of the same SKU",
    "perturbed": "{}",
    "forgery": "{}",
    "channel": "of {}",
    "sku": "of {}",
    "hot": "of fast-selling SKUs",
    "phase": "of the phase {}",
    "size": "larger than {}",
    "zero": "of SKUs that are sold out",
    "one_unit": "of SKUs whose last change was of one unit",
}
HINTS: Final[dict[TraitKind, str]] = {
    "topic": "look at the code that handles {}",
    "source": "look at what the code does differently for {}: its adapter, its address, its signature, its mapping",
    "cause": "look at how inventory_levels/update of a {} is handled",
    "cause_big": "look at how inventory_levels/update of a {} is handled; its inventory_item_id is above 2^53, which "
    "JSON.parse rounds",
    "process_end": "answer 2xx only after the event is stored durably, and let the next start take up what is stored",
    "copies": "recognise a copy by its webhook id, in the same transaction as the effect",
    "ahead": "an event can arrive before the one that it follows; keep it until then, or read the order by API",
    "retried": "look at what a first try that failed leaves behind, such as an id already marked as seen",
    "two_lines": "add up all lines of an order that have the same SKU",
    "lines": "handle every line of an order, in one transaction",
    "units": "look at whether the quantity of a line is used",
    "after_cancel": "look at how a change of an order that is already cancelled is handled",
    "after_return": "look at what a cancellation or a second return gives back: only what was not returned yet",
    "unanswered": "a write without an answer may have been executed: send it again with the same idempotency key",
    "twin": "read ids as text or as 64-bit integers: JSON.parse and float columns round those above 2^53",
    "location": "look at the mapping of locations: {} is left out or confused",
    "fault": "look at what a failed connection leaves behind",
    "close": "two changes of one SKU at the same time: use a lock, a comparison (changeFromQuantity) or a serial queue",
    "perturbed": "look at what is done with an event that is {}",
    "forgery": "look at what the signature check lets through",
    "channel": "look at the pushes to {}: its token, its address, its queue, its mapping of SKUs",
    "sku": "look at how {} is mapped",
    "hot": "look at contention: many changes of one SKU in a short time",
    "phase": "look at what the load of the phase {} changes",
    "size": "look at limits on the size of a body",
    "zero": "push a quantity of 0 too: look for a test such as `if quantity`",
    "one_unit": "push every change, small ones too",
}
_RANK: Final = {kind: rank for rank, kind in enumerate(PHRASES)}

TOPIC_OF: Final = {"sale": "order.created", "cancelled": "order.cancelled", "returned": "order.returned"}
MARKS: Final[dict[str, str]] = {
    "reorder": "delivered out of order",
    "delay": "delivered late",
    "late_duplicate": "delivered again minutes later",
    "resent": "delivered again under a new webhook id",
    "near_duplicate": "delivered twice within 5 ms",
    "cancel_before_create": "of orders whose cancellation comes first",
    "duplicate_after_cancel": "of orders whose creation comes again after the cancellation",
    "return_then_cancel": "of orders that are returned and then cancelled",
    "before_kill": "the last ones before a kill",
    "after_restart": "the first ones after a restart",
}
CRASH_WINDOW_NS: Final = 2 * SECOND_NS
CLOSE_NS: Final = 20 * MILLISECOND_NS
SKUS_MAX: Final = 200  # with more of them a SKU is no trait
SIZES: Final = (2_000, 4_000, 8_000, 16_000, 32_000, 64_000)  # bytes of head and body


class Trait(NamedTuple):
    """One trait. Those of a lower rank are preferred where two distinguish equally well."""

    kind: TraitKind
    value: str = ""

    @property
    def rank(self) -> int:
        return _RANK[self.kind]

    @property
    def phrase(self) -> str:
        return PHRASES[self.kind].format(self.value)

    @property
    def hint(self) -> str:
        return HINTS[self.kind].format(self.value)


def said(traits: Iterable[Trait]) -> str:
    """ "of topic order.cancelled and from bazaar"."""
    return " and ".join(trait.phrase for trait in traits)


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


def twins(items: Iterable[f.ItemStocked]) -> dict[str, str]:
    """By SKU: whether its item's id is the lower or the higher of those that become one when they are rounded."""
    by_float: dict[float, list[f.ItemStocked]] = {}
    for item in items:
        by_float.setdefault(float(item.inventory_item_id), []).append(item)
    found: dict[str, str] = {}
    for same in by_float.values():
        same.sort(key=lambda item: item.inventory_item_id)
        if len(same) > 1:
            found |= {item.sku: "lower" for item in same[:-1]} | {same[-1].sku: "higher"}
    return found


class EventTraits:
    """The traits of every event of a history."""

    def __init__(self, case: Case) -> None:
        history = case.history
        self._history = history
        self._deliveries = history.deliveries
        self._orders = {sale.order: sale for sale in history.all(f.PurchaseAccepted)}
        self._items = history.items
        self._causes = {(change.sku, change.version): change.cause for change in history.all(f.StockChanged)}
        self._returned: dict[int, int] = {}
        for back in history.all(f.OrderReturned):
            self._returned.setdefault(back.order, back.at_ns)
        self._unanswered = unanswered(case)
        self._cancelled = {gone.order: gone.at_ns for gone in history.all(f.OrderCancelled)}
        self._ends = [at_ns for at_ns, _ in case.process_ends]
        self._phases = [(phase.at_ns, phase.phase) for phase in history.all(f.PhaseStarted)]
        self._times = self._times_by_sku()
        self._locations = len({item.location_id for item in self._items.values()})
        self._first = self._first_tries()
        self._twins = twins(self._items.values())

    def of(self, event: f.EventFired) -> frozenset[Trait]:
        """All that is said of an event."""
        found = {Trait("topic", event.topic), Trait("source", event.source)}
        skus = self._skus(event)
        if event.version >= 0 and (cause := self._causes.get((event.sku, event.version))):
            found.add(Trait(self._cause_kind(event.sku), cause.replace("_", " ")))
        found |= self._of_order(event)
        found |= self._of_skus(skus, event.at_ns)
        found |= self._of_deliveries(event)
        if phase := self._phase(event.at_ns):
            found.add(Trait("phase", phase))
        return frozenset(found)

    def _cause_kind(self, sku: str) -> TraitKind:
        item = self._items.get(sku)
        return "cause_big" if item is not None and item.inventory_item_id > EXACT_MAX else "cause"

    def _skus(self, event: f.EventFired) -> tuple[str, ...]:
        if event.sku:
            return (event.sku,)
        sale = self._orders.get(event.order)
        return tuple(dict.fromkeys(sale.skus)) if sale else ()

    def _of_order(self, event: f.EventFired) -> set[Trait]:
        sale, found = self._orders.get(event.order), set[Trait]()
        if sale is None:
            return found
        if len(sale.skus) > 1:
            found.add(Trait("lines"))
        if len(set(sale.skus)) < len(sale.skus):
            found.add(Trait("two_lines"))
        if max(sale.quantities, default=1) > 1:
            found.add(Trait("units"))
        if self._cancelled.get(event.order, event.at_ns) < event.at_ns:
            found.add(Trait("after_cancel"))
        if self._returned.get(event.order, event.at_ns) < event.at_ns:
            found.add(Trait("after_return"))
        if (event.order, event.topic) in self._unanswered:
            found.add(Trait("unanswered"))
        if self._is_ahead(event):
            found.add(Trait("ahead"))
        return found

    def _of_skus(self, skus: tuple[str, ...], at_ns: int) -> set[Trait]:
        found = set[Trait]()
        for sku in skus:
            item = self._items.get(sku)
            if len(self._items) <= SKUS_MAX:
                found.add(Trait("sku", sku))
            if sku in self._twins:
                found.add(Trait("twin", self._twins[sku]))
            if item is not None and item.hot:
                found.add(Trait("hot"))
            if item is not None and self._locations > 1:
                found.add(Trait("location", str(item.location_id)))
            times = self._times.get(sku, [])
            if bisect_right(times, at_ns + CLOSE_NS) - bisect_left(times, at_ns - CLOSE_NS) > 1:
                found.add(Trait("close"))
        return found

    def _of_deliveries(self, event: f.EventFired) -> set[Trait]:
        found = set[Trait]()
        of_event = self._deliveries.by_event.get(event.event, [])
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
            if place < len(self._ends) and self._ends[place] - last.at_ns < CRASH_WINDOW_NS:
                found.add(Trait("process_end", f"{CRASH_WINDOW_NS // SECOND_NS} s"))
        return found

    def _phase(self, at_ns: int) -> str:
        name = ""
        for begun, phase in self._phases:
            name = phase if begun <= at_ns else name
        return name if len(self._phases) > 1 else ""

    def _is_ahead(self, event: f.EventFired) -> bool:
        started = self._deliveries.first_attempt_ns.get(event.event)
        earlier = self._first.get(event.order, [])
        return started is not None and any(serial < event.event and at_ns > started for serial, at_ns in earlier)

    def _first_tries(self) -> dict[int, list[tuple[int, int]]]:
        """By order: its events, and when each was first tried."""
        found: dict[int, list[tuple[int, int]]] = {}
        for serial, at_ns in self._deliveries.first_attempt_ns.items():
            event = self._deliveries.events.get(serial)
            if event is not None and event.order >= 0:
                found.setdefault(event.order, []).append((serial, at_ns))
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
