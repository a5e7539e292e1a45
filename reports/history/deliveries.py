"""Events with their deliveries and attempts, and when each change first became visible to the subject."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Final, NamedTuple

import msgspec

from stockstorm.reports.history.elsewhere import shared
from stockstorm.reports.history.ledgers import Ledger
from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.delivery.poison import POISON
from stockstorm.simulator.history import facts as f

INVENTORY_TOPIC: Final = "inventory_levels/update"
NEVER_NS: Final = 2**62
LOST: Final = frozenset({"given_up", "subscription_removed"})  # outcomes after which nothing is sent again
OF_EVENTS: Final = "deliveries of events"  # questions to the process that has the deliveries
OF_NUMBER: Final = "a delivery"


class Delivery(msgspec.Struct, gc=False):
    """One delivery: its plan, its attempts and its outcome."""

    planned: f.DeliveryPlanned
    attempts: list[f.AttemptEnded] = []
    outcome: str = ""  # empty: the history does not say
    ended_ns: int = 0


class Fate(NamedTuple):
    """How an event's deliveries ended: when the first was acknowledged, or else the last one given up or cancelled."""

    at_ns: int
    acknowledged: bool


class Deliveries:
    """Deliveries by id and by event, events by id, and moments of visibility. Each is built on first use."""

    def __init__(self, log: FactLog, ledgers: Callable[[], Mapping[str, Ledger]]) -> None:
        self._log, self._ledgers, self.elsewhere = log, ledgers, log.elsewhere
        self._fetched: dict[int, Sequence[Delivery]] = {}

    # -- deliveries ------------------------------------------------------------------------------------------------

    @cached_property
    def by_id(self) -> dict[int, Delivery]:
        """By number of the delivery."""
        log = self._log
        found = {planned.delivery: Delivery(planned, []) for planned in log.all(f.DeliveryPlanned)}
        for attempt in log.all(f.AttemptEnded):
            known = found.get(attempt.delivery)
            if known is not None:
                known.attempts.append(attempt)
        for ended in log.all(f.DeliveryEnded):
            known = found.get(ended.delivery)
            if known is not None:
                known.outcome, known.ended_ns = ended.outcome, ended.at_ns
        return found

    @cached_property
    def by_event(self) -> dict[int, list[Delivery]]:
        """Genuine deliveries only."""
        found: dict[int, list[Delivery]] = {}
        for delivery in self.by_id.values():
            if not delivery.planned.forged:
                found.setdefault(delivery.planned.event, []).append(delivery)
        return found

    def of_event(self, event: int) -> Sequence[Delivery]:
        """The genuine deliveries of one event, without an index over all."""
        self.fetch((event,))
        return self._fetched[event] if event in self._fetched else self.by_event.get(event, ())

    def fetch(self, events: Iterable[int]) -> None:
        """Asks for the deliveries of many events at once, if another process has them."""
        if wanted := tuple(event for event in events if event not in self._fetched):
            found: Mapping[int, Sequence[Delivery]] | None = self.elsewhere.answer(OF_EVENTS, wanted)
            self._fetched.update(found or {})

    def delivery(self, number: int) -> Delivery | None:
        """One delivery by its number, without an index over all."""
        found: Sequence[Delivery] | None = self.elsewhere.answer(OF_NUMBER, number)
        return self.by_id.get(number) if found is None else next(iter(found), None)

    @cached_property
    def genuine(self) -> set[int]:
        """Numbers of the deliveries that were not forged."""
        return {number for number, delivery in self.by_id.items() if not delivery.planned.forged}

    @shared
    def first_attempt_ns(self) -> dict[int, int]:
        """By event: when the first attempt to deliver it started; missing: none started."""
        found: dict[int, int] = {}
        for event, of_event in self.by_event.items():
            for delivery in of_event:
                started = delivery.attempts[0].started_ns if delivery.attempts else 0
                if started and started < found.get(event, NEVER_NS):
                    found[event] = started
        return found

    @shared
    def stock_fates(self) -> dict[int, Fate]:
        """Of each event of stock with a known end, what came of it. Empty where no subscription was removed."""
        found: dict[int, Fate] = {}
        if not any(gone.by_policy for gone in self._log.all(f.SubscriptionRemoved)):
            return found
        for number, of_event in self.by_event.items():
            event = self.events.get(number)
            if event is not None and event.topic == INVENTORY_TOPIC:
                taken = [delivery.ended_ns for delivery in of_event if delivery.outcome == "acknowledged"]
                lost = [delivery.ended_ns for delivery in of_event if delivery.outcome in LOST]
                if taken or lost:
                    found[number] = Fate(min(taken), True) if taken else Fate(max(lost), False)
        return found

    @shared
    def forged(self) -> list[Delivery]:
        """Deliveries that their source did not make."""
        made_up = (delivery for delivery in self.by_id.values() if delivery.planned.forged)
        return [delivery for delivery in made_up if delivery.planned.forged not in POISON]

    @shared
    def poison(self) -> list[Delivery]:
        """Deliveries that their source made, and that nobody can process."""
        return [delivery for delivery in self.by_id.values() if delivery.planned.forged in POISON]

    @shared
    def any_pending(self) -> bool:
        """Whether the run ended before the outcome of some delivery."""
        return any(delivery.outcome == "pending" for delivery in self.by_id.values())

    # -- events ----------------------------------------------------------------------------------------------------

    @cached_property
    def events(self) -> dict[int, f.EventFired]:
        return {event.event: event for event in self._log.all(f.EventFired)}

    @cached_property
    def unheard(self) -> set[int]:
        """Events that nobody was subscribed to."""
        return {fact.event for fact in self._log.all(f.EventUnheard)}

    @cached_property
    def order_event(self) -> dict[tuple[int, str], int]:
        """(order, topic) -> first such event."""
        found: dict[tuple[int, str], int] = {}
        for serial, event in self.events.items():
            if event.order >= 0 and event.topic != INVENTORY_TOPIC:
                found.setdefault((event.order, event.topic), serial)
        return found

    @cached_property
    def version_event(self) -> dict[tuple[str, int], int]:
        """(SKU, version) -> its inventory event."""
        found: dict[tuple[str, int], int] = {}
        for serial, event in self.events.items():
            if event.topic == INVENTORY_TOPIC:
                found.setdefault((event.sku, event.version), serial)
        return found

    # -- what the subject could see: from the first attempt to deliver it, or the first API answer that shows it ----

    @cached_property
    def visible_version(self) -> dict[str, list[int]]:
        """By SKU, by version: when it or a later one became visible."""
        found = {sku: [NEVER_NS] * len(ledger.first_state) for sku, ledger in self._ledgers().items()}
        events = self.events
        for serial, started in self.first_attempt_ns.items():
            event = events.get(serial)
            if event is not None and event.topic == INVENTORY_TOPIC:
                _earlier(found.get(event.sku, []), event.version, started)
        for shown in self._log.all(f.StockShown):
            for sku, version in zip(shown.skus, shown.versions, strict=True):
                _earlier(found.get(sku, []), version, shown.at_ns)
        # A later version shows the change of an earlier one too, at the same location.
        places = {sku: ledger.places for sku, ledger in self._ledgers().items()}
        return {
            sku: _at_each(seen, places[sku]) if places[sku] else _shown_by_later(seen) for sku, seen in found.items()
        }

    @cached_property
    def visible_order(self) -> dict[int, int]:
        """By order: when the sale became visible."""
        found: dict[int, int] = {}
        events = self.events
        for serial, started in self.first_attempt_ns.items():
            event = events.get(serial)
            if event is not None and event.topic == "order.created":
                found[event.order] = min(found.get(event.order, NEVER_NS), started)
        for told in self._log.all(f.OrdersShown):
            for order in told.orders:
                found[order] = min(found.get(order, NEVER_NS), told.at_ns)
        return found


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
