"""A modelled subject: an integration in virtual time whose knowledge and delays are known, so that the truth is known.

It hears events after a random delay (so also out of order), nets marketplace orders that the master does not have yet,
writes them in batches with references, and pushes coalesced listings. Each flaw breaks it in one known way.
"""

import random
from collections.abc import Callable
from typing import Literal

import msgspec

from stockstorm.simulator.clock import MILLISECOND_NS as MS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import Event, Sku
from stockstorm.simulator.world import Changes, LevelChange, World

Flaw = Literal["", "loses_event", "applies_twice", "last_write_wins", "accepts_forged", "forgets_push", "pushes_late"]
At = Callable[[int, Callable[[int], None]], None]
Emit = Callable[[Changes], None]


class Habits(msgspec.Struct, frozen=True):
    """How the subject behaves. Times are in milliseconds; ranges are uniform."""

    hear_ms: tuple[float, float] = (5, 120)
    delivered_late: bool = False  # that delay lies in the delivery, where the history shows it
    write_every_ms: float = 150
    write_ms: tuple[float, float] = (10, 40)
    batch_max: int = 50
    push_every_ms: float = 60
    push_ms: tuple[float, float] = (5, 40)
    safety_stock: int = 0
    nets: bool = True  # lists the master less the sales that it waits to write; else what the master shows
    references: bool = True
    drops_zero_rows: bool = False
    flaw: Flaw = ""
    flaw_share: float = 0.02


class Waiting(msgspec.Struct):
    """Units of one marketplace order event that the master is to be told."""

    token: str
    units: dict[str, int]
    times: int = 1
    in_flight: bool = False


class Knowledge(msgspec.Struct, frozen=True):
    """What a pushed quantity took into account."""

    version: int
    serial: int  # of what it had learnt; compare with `Subject.learnt`


class Subject:
    """Knows what it heard, and nothing else of the world. `landed` is told of every push as it takes effect."""

    def __init__(self, world: World, habits: Habits, rng: random.Random, at: At, emit: Emit) -> None:
        self.world, self.habits, self.rng, self.at, self.emit = world, habits, rng, at, emit
        self.version: dict[str, int] = dict.fromkeys(world.catalogue.by_sku, 0)
        self.available: dict[str, int] = {sku: p.initial_available for sku, p in world.catalogue.by_sku.items()}
        self.waiting: dict[str, Waiting] = {}
        self.waiting_sales: dict[str, dict[str, int]] = {sku: {} for sku in world.catalogue.by_sku}
        self.known_orders: set[str] = set()
        self.learnt: dict[str, int] = {}  # token of an order event -> serial of when pushes began to include it
        self.tombstones: set[str] = set()
        self.flying: dict[str, tuple[int, int] | None] = {}  # SKU in a batch under way -> newest level heard meanwhile
        self.dirty: dict[str, set[str]] = {channel: set() for channel in world.marketplaces}
        self.pushing: set[str] = set()
        self.requests = 0
        self.busy = False
        self.forgotten = 0
        self.overwrites = 0  # pushes that showed an older version than the listing had been given
        self.shown: dict[tuple[str, str], int] = {}
        self.landed: Callable[[int, str, str, Knowledge], None] = lambda *_: None

    def start(self, now: int) -> None:
        self.at(now + int(self.habits.write_every_ms * MS), self._write)
        for channel in self.world.marketplaces:
            self.at(now + int(self.rng.uniform(0, self.habits.push_every_ms) * MS), self._pusher(channel))

    @property
    def idle(self) -> bool:
        return not (self.waiting or self.pushing or self.busy or any(self.dirty.values()))

    # -- what it hears ------------------------------------------------------------------------------------------------

    def hear(self, event: Event) -> None:
        """Take in one event. Called once for each delivery that it acknowledged."""
        if event.topic == "inventory_levels/update" and event.level is not None:
            sku = self.world.catalogue.by_item[event.level.inventory_item_id].sku
            self._hear_level(sku, event.level.version, event.level.available)
        elif event.order is not None and event.topic.startswith("order."):
            token = f"{event.source}:{event.order.ref}"
            units = {str(line.sku): line.quantity for line in event.order.lines}
            match event.topic:
                case "order.created":
                    self._created(token, units)
                case "order.cancelled":
                    self._cancelled(token, units)
                case "order.returned" if event.refund is not None and event.refund.restock:
                    back = {str(line.sku): line.quantity for line in event.refund.lines}
                    self._wait(f"{token}:returned:{event.refund.refund_id}", back)

    def _hear_level(self, sku: str, version: int, available: int) -> None:
        if sku in self.flying:
            parked = self.flying[sku]
            if parked is None or version > parked[0]:
                self.flying[sku] = (version, available)
        elif version > self.version[sku] or self.habits.flaw == "last_write_wins":
            self.version[sku], self.available[sku] = version, available
            self._soil(sku)

    def _created(self, token: str, units: dict[str, int]) -> None:
        if token in self.known_orders:
            return
        self.known_orders.add(token)
        if self.habits.nets:
            self._learn(token)
        if token not in self.tombstones:
            self._wait(token, {sku: -quantity for sku, quantity in units.items()})
            return
        for sku in units:
            self._soil(sku)  # The two are nothing to the master, yet the channel's own listing fell by the sale.

    def _cancelled(self, token: str, units: dict[str, int]) -> None:
        sale = self.waiting.get(token)
        if token not in self.known_orders:
            self.tombstones.add(token)
        elif sale is not None and not sale.in_flight:
            del self.waiting[token]
            for sku in sale.units:
                self.waiting_sales[sku].pop(token)
                self._soil(sku)
        else:
            self._wait(f"{token}:cancelled", units)

    def _wait(self, token: str, units: dict[str, int]) -> None:
        twice = self.habits.flaw == "applies_twice" and self.rng.random() < self.habits.flaw_share
        self.waiting[token] = Waiting(token, units, 2 if twice else 1)
        for sku, quantity in units.items():
            if quantity < 0:
                self.waiting_sales[sku][token] = -quantity
            self._soil(sku)

    def _learn(self, token: str) -> None:
        self.learnt.setdefault(token, len(self.learnt))

    def _soil(self, sku: str) -> None:
        for dirty in self.dirty.values():
            dirty.add(sku)

    # -- what it writes to the master ---------------------------------------------------------------------------------

    def _write(self, now: int) -> None:
        batch = [entry for entry in self.waiting.values() if not entry.in_flight][: self.habits.batch_max]
        if not batch or self.busy:
            self.at(now + int(self.habits.write_every_ms * MS), self._write)
            return
        self.busy = True
        for entry in batch:
            entry.in_flight = True
            for sku in entry.units:
                self.flying.setdefault(sku, None)
        self.at(now + self._delay(self.habits.write_ms), lambda then: self._land(then, batch))

    def _land(self, now: int, batch: list[Waiting]) -> None:
        sums: dict[str, int] = {}
        for entry in batch:
            for sku, quantity in entry.units.items():
                sums[sku] = sums.get(sku, 0) + quantity * entry.times
        products = self.world.catalogue.by_sku
        rows = [
            LevelChange(products[Sku(sku)].inventory_item_id, products[Sku(sku)].location_id, delta, None)
            for sku, delta in sums.items()
            if delta or not self.habits.drops_zero_rows
        ]
        tokens = ",".join(entry.token for entry in batch)
        reference = f"urn:channel-orders:{tokens}" if self.habits.references else "app://sync"
        self.requests += 1
        self.emit(self.world.adjust(rows, reference=reference, request=self.requests, now_ns=now))
        seen: dict[str, tuple[int, int]] = {}
        for sku in sums:
            product = products[Sku(sku)]
            level = self.world.level(product.inventory_item_id, product.location_id)
            assert level is not None
            seen[sku] = (level.version, level.available)
        shown = f.StockShown(now, self.requests, tuple(seen), tuple(version for version, _ in seen.values()))
        self.emit(Changes(facts=[shown]))
        self.at(now + self._delay(self.habits.write_ms), lambda then: self._answered(then, batch, seen))

    def _answered(self, now: int, batch: list[Waiting], seen: dict[str, tuple[int, int]]) -> None:
        for entry in batch:
            del self.waiting[entry.token]
            for sku in entry.units:
                self.waiting_sales[sku].pop(entry.token, None)
        for sku, level in seen.items():
            parked = self.flying.pop(sku)
            self._hear_level(sku, *max(level, parked or level))
            self._soil(sku)
        for entry in batch:
            self._learn(entry.token)
        self.busy = False
        self.at(now + int(self.habits.write_every_ms * MS), self._write)

    # -- what it shows ------------------------------------------------------------------------------------------------

    def _pusher(self, channel: str) -> Callable[[int], None]:
        def push(now: int) -> None:
            skus = sorted(self.dirty[channel])
            if not skus:
                self.at(now + int(self.habits.push_every_ms * MS), push)
                return
            self.dirty[channel].clear()
            self.pushing.add(channel)
            rows = [(Sku(sku), self._listable(sku)) for sku in skus]
            known = [Knowledge(self.version[sku], len(self.learnt)) for sku in skus]
            if self.habits.flaw == "forgets_push" and self.rng.random() < self.habits.flaw_share * 5:
                rows, known, self.forgotten = rows[1:], known[1:], self.forgotten + 1
            late = 1_500 * MS if self.habits.flaw == "pushes_late" else 0
            self.at(now + self._delay(self.habits.push_ms) + late, lambda then: land(then, rows, known))

        def land(now: int, rows: list[tuple[Sku, int]], known: list[Knowledge]) -> None:
            self.requests += 1
            self.emit(self.world.push_listings(channel, rows, request=self.requests, now_ns=now))
            for (sku, _), knowledge in zip(rows, known, strict=True):
                self.landed(now, channel, sku, knowledge)
                newest = self.shown.get((channel, sku), 0)
                self.overwrites += knowledge.version < newest
                self.shown[channel, sku] = max(newest, knowledge.version)
            self.pushing.discard(channel)
            self.at(now + int(self.habits.push_every_ms * MS), push)

        return push

    def _listable(self, sku: str) -> int:
        netted = sum(self.waiting_sales[sku].values()) if self.habits.nets else 0
        return max(0, self.available[sku] - netted - self.habits.safety_stock)

    def _delay(self, range_ms: tuple[float, float]) -> int:
        return int(self.rng.uniform(*range_ms) * MS)
