"""A modelled subject: an integration in virtual time. Its knowledge and delays are known, so the true measures are too.

It receives events after a random delay (so also out of order), subtracts marketplace orders that are not in the master,
writes them in batches with references, and pushes coalesced listings. Each flaw breaks it in one known way.
"""

import random
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from stockstorm.simulator.clock import MILLISECOND_NS as MS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import Event, Sku
from stockstorm.simulator.world import Changes, LevelChange, World

Flaw = Literal[
    "",
    "loses_event",
    "loses_order",
    "ignores_cancellation",
    "ignores_return",
    "applies_twice",
    "applies_again",
    "last_write_wins",
    "accepts_forged",
    "forgets_push",
    "pushes_late",
    "one_location",
    "location_overwrites",
    "ignores_location",
    "ignores_edits",
]
Rule = Literal["all", "capped", "half", "packs", "not_the_last"]  # of its stock, what it lists
At = Callable[[int, Callable[[int], None]], None]
Emit = Callable[[Changes], None]


class Behaviour(msgspec.Struct, frozen=True):
    """How the subject behaves. Times are in milliseconds; ranges are uniform."""

    receive_ms: tuple[float, float] = (5, 120)
    delivered_late: bool = False  # the delay is in the delivery, so the history shows it
    write_every_ms: float = 150
    write_ms: tuple[float, float] = (10, 40)
    batch_max: int = 50
    push_every_ms: float = 60
    push_ms: tuple[float, float] = (5, 40)
    safety_stock: int = 0
    lists: Rule = "all"
    declared: bool = True  # that it lists less
    nets: bool = True  # lists the master minus sales that are not written yet; else the master
    references: bool = True
    drops_zero_rows: bool = False
    writes: Literal["adjust", "set", "adjust_places"] = "adjust"
    workers: int = 4  # that set at the same time
    compares: bool = False  # sets only what is still there
    probe: bool = False  # tells at the end what it took in
    # By what it hears of a cancellation in the shop. By the other two it reads the levels of the order's SKUs.
    cancelled_by: Literal["levels", "refunds/create", "orders/cancelled"] = "levels"
    flaw: Flaw = ""
    flaw_share: float = 0.02


def listed(rule: Rule, units: int) -> int:
    """What a subject with such a rule lists of so many units."""
    match rule:
        case "all":
            return units
        case "capped":
            return min(units, 12)
        case "half":
            return units // 2
        case "packs":
            return units - units % 6
        case "not_the_last":
            return units if units > 5 else 0


class PendingWrite(msgspec.Struct):
    """Units of one marketplace order event that are to be written to the master."""

    token: str
    units: dict[str, int]
    times: int = 1
    again: bool = False  # it was written before
    in_flight: bool = False


class Planted(msgspec.Struct, frozen=True):
    """A flaw where it happened: the truth that the attribution must find."""

    kind: Literal["applied_twice", "lost_update"]
    token: str  # of the order event
    sku: str
    request: int = -1


class Knowledge(msgspec.Struct, frozen=True):
    """What a pushed quantity includes."""

    version: int
    serial: int  # number of learned order events; compare with `Subject.learned`


class Subject:
    """Knows only what it received. Calls `on_push` for every push when it takes effect."""

    def __init__(self, world: World, behaviour: Behaviour, rng: random.Random, at: At, emit: Emit) -> None:
        self.world, self.behaviour, self.rng, self.at, self.emit = world, behaviour, rng, at, emit
        self.version: dict[str, int] = dict.fromkeys(world.catalogue.by_sku, 0)
        self.available: dict[str, int] = {sku: p.initial_available for sku, p in world.catalogue.by_sku.items()}
        self.pending: dict[str, PendingWrite] = {}
        self.pending_sales: dict[str, dict[str, int]] = {sku: {} for sku in world.catalogue.by_sku}
        self.known_orders: set[str] = set()
        self.learned: dict[str, int] = {}  # token of an order event -> serial from which pushes include it
        self.tombstones: set[str] = set()
        self.again: set[str] = set()
        self.in_batch: dict[str, tuple[int, int] | None] = {}  # SKU in a batch in flight -> newest level received since
        self.dirty: dict[str, set[str]] = {channel: set() for channel in world.marketplaces}
        self.pushing: set[str] = set()
        self.planted: list[Planted] = []
        self.requests = 0
        self.busy = False
        self.forgotten = 0
        self.overwrites = 0  # pushes of an older version than an earlier push had
        self.shown: dict[tuple[str, str], int] = {}
        self.on_push: Callable[[int, str, str, Knowledge], None] = lambda *_: None

    def start(self, now: int) -> None:
        self.at(now + int(self.behaviour.write_every_ms * MS), self._write)
        for channel in self.world.marketplaces:
            self.at(now + int(self.rng.uniform(0, self.behaviour.push_every_ms) * MS), self._pusher(channel))

    @property
    def idle(self) -> bool:
        return not (self.pending or self.pushing or self.busy or any(self.dirty.values()))

    @property
    def unfinished(self) -> int:
        """What its probe reports as pending."""
        return len(self.pending) + len(self.pushing) + sum(map(len, self.dirty.values()))

    # -- events in ----------------------------------------------------------------------------------------------------

    def receive(self, event: Event) -> None:
        """Processes one event. Called once for each delivery that it acknowledged."""
        if event.topic == "inventory_levels/update" and event.level is not None:
            sku = self.world.catalogue.by_item[event.level.inventory_item_id].sku
            self._receive_level(sku, event.level.version, event.level.available)
        elif event.order is not None and event.source == "shopify":
            self._read_levels([line.sku for line in event.order.lines])
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
                    self._add_write(f"{token}:returned:{event.refund.refund_id}", back)

    def _read_levels(self, skus: Sequence[Sku]) -> None:
        """Reads the levels of an order's SKUs."""
        for sku in skus:
            product = self.world.catalogue.by_sku[sku]
            level = self.world.level(product.inventory_item_id, product.location_id)
            assert level is not None
            self._receive_level(sku, level.version, level.available)

    def _receive_level(self, sku: str, version: int, available: int) -> None:
        if sku in self.in_batch:
            parked = self.in_batch[sku]
            if parked is None or version > parked[0]:
                self.in_batch[sku] = (version, available)
        elif version > self.version[sku] or self.behaviour.flaw == "last_write_wins":
            self.version[sku], self.available[sku] = version, available
            self._mark_dirty(sku)

    def _created(self, token: str, units: dict[str, int]) -> None:
        if token in self.known_orders:
            return
        self.known_orders.add(token)
        if self.behaviour.nets:
            self._learn(token)
        if token not in self.tombstones:
            self._add_write(token, {sku: -quantity for sku, quantity in units.items()})
            return
        for sku in units:
            self._mark_dirty(sku)  # The two cancel out in the master, but the sale lowered the channel's listing.

    def _cancelled(self, token: str, units: dict[str, int]) -> None:
        sale = self.pending.get(token)
        if token not in self.known_orders:
            self.tombstones.add(token)
        elif sale is not None and not sale.in_flight:
            del self.pending[token]
            for sku in sale.units:
                self.pending_sales[sku].pop(token)
                self._mark_dirty(sku)
        else:
            self._add_write(f"{token}:cancelled", units)

    def _add_write(self, token: str, units: dict[str, int]) -> None:
        twice = self.behaviour.flaw == "applies_twice" and self.rng.random() < self.behaviour.flaw_share
        self.pending[token] = PendingWrite(token, units, 2 if twice else 1)
        if twice:
            self.planted += [Planted("applied_twice", token, sku) for sku in units]
        for sku, quantity in units.items():
            if quantity < 0:
                self.pending_sales[sku][token] = -quantity
            self._mark_dirty(sku)

    def _learn(self, token: str) -> None:
        self.learned.setdefault(token, len(self.learned))

    def _mark_dirty(self, sku: str) -> None:
        for dirty in self.dirty.values():
            dirty.add(sku)

    # -- writes to the master -----------------------------------------------------------------------------------------

    def _write(self, now: int) -> None:
        batch = [entry for entry in self.pending.values() if not entry.in_flight][: self.behaviour.batch_max]
        if not batch or self.busy:
            self.at(now + int(self.behaviour.write_every_ms * MS), self._write)
            return
        self.busy = True
        for entry in batch:
            entry.in_flight = True
            for sku in entry.units:
                self.in_batch.setdefault(sku, None)
        self.at(now + self._delay(self.behaviour.write_ms), lambda then: self._apply_batch(then, batch))

    def _apply_batch(self, now: int, batch: list[PendingWrite]) -> None:
        sums: dict[str, int] = {}
        for entry in batch:
            for sku, quantity in entry.units.items():
                sums[sku] = sums.get(sku, 0) + quantity * entry.times
        products = self.world.catalogue.by_sku
        rows = [
            LevelChange(products[Sku(sku)].inventory_item_id, products[Sku(sku)].location_id, delta, None)
            for sku, delta in sums.items()
            if delta or not self.behaviour.drops_zero_rows
        ]
        tokens = ",".join(entry.token for entry in batch)
        reference = f"urn:channel-orders:{tokens}" if self.behaviour.references else "app://sync"
        self.requests += 1
        self.emit(self.world.adjust(rows, reference=reference, request=self.requests, now_ns=now))
        seen: dict[str, tuple[int, int]] = {}
        for sku in sums:
            product = products[Sku(sku)]
            level = self.world.level(product.inventory_item_id, product.location_id)
            assert level is not None
            seen[sku] = (level.version, level.available)
        shown = f.StockShown(now, self.requests, tuple(seen), tuple(version for version, _ in seen.values()))
        called = f.ApiCalled(now, self.requests, "admin", "inventoryAdjustQuantities", 200, "ok", now)
        self.emit(Changes(facts=[shown, called]))
        self.at(now + self._delay(self.behaviour.write_ms), lambda then: self._answered(then, batch, seen))

    def _answered(self, now: int, batch: list[PendingWrite], seen: dict[str, tuple[int, int]]) -> None:
        for entry in batch:
            del self.pending[f"{entry.token} again" if entry.again else entry.token]
            for sku in entry.units:
                self.pending_sales[sku].pop(entry.token, None)
        for sku, level in seen.items():
            parked = self.in_batch.pop(sku)
            self._receive_level(sku, *max(level, parked or level))
            self._mark_dirty(sku)
        for entry in batch:
            self._learn(entry.token)
            self._again(entry)
        self.busy = False
        self.at(now + int(self.behaviour.write_every_ms * MS), self._write)

    def _again(self, entry: PendingWrite) -> None:
        """A flaw: the order event is written once more, in a call of its own."""
        flawed = self.behaviour.flaw == "applies_again" and self.rng.random() < self.behaviour.flaw_share
        if flawed and entry.token not in self.again:
            self.again.add(entry.token)
            self.planted += [Planted("applied_twice", entry.token, sku) for sku in entry.units]
            self.pending[f"{entry.token} again"] = PendingWrite(entry.token, entry.units, again=True)

    # -- pushes of listings -------------------------------------------------------------------------------------------

    def _pusher(self, channel: str) -> Callable[[int], None]:
        def push(now: int) -> None:
            skus = sorted(self.dirty[channel])
            if not skus:
                self.at(now + int(self.behaviour.push_every_ms * MS), push)
                return
            self.dirty[channel].clear()
            self.pushing.add(channel)
            rows = [(Sku(sku), self._listable(sku)) for sku in skus]
            known = [Knowledge(self.version[sku], len(self.learned)) for sku in skus]
            if self.behaviour.flaw == "forgets_push" and self.rng.random() < self.behaviour.flaw_share * 5:
                rows, known, self.forgotten = rows[1:], known[1:], self.forgotten + 1
            late = 1_500 * MS if self.behaviour.flaw == "pushes_late" else 0
            self.at(now + self._delay(self.behaviour.push_ms) + late, lambda then: land(then, rows, known))

        def land(now: int, rows: list[tuple[Sku, int]], known: list[Knowledge]) -> None:
            self.requests += 1
            self.emit(self.world.push_listings(channel, rows, request=self.requests, now_ns=now))
            self.emit(Changes(facts=[f.ApiCalled(now, self.requests, channel, "PUT listings", 200, "ok", now)]))
            for (sku, _), knowledge in zip(rows, known, strict=True):
                self.on_push(now, channel, sku, knowledge)
                newest = self.shown.get((channel, sku), 0)
                self.overwrites += knowledge.version < newest
                self.shown[channel, sku] = max(newest, knowledge.version)
            self.pushing.discard(channel)
            self.at(now + int(self.behaviour.push_every_ms * MS), push)

        return push

    def _listable(self, sku: str) -> int:
        netted = sum(self.pending_sales[sku].values()) if self.behaviour.nets else 0
        return listed(self.behaviour.lists, max(0, self.available[sku] - netted - self.behaviour.safety_stock))

    def _delay(self, range_ms: tuple[float, float]) -> int:
        return int(self.rng.uniform(*range_ms) * MS)
