"""A modelled subject that reads a level, then sets it. Several workers of it lose updates, and the model knows which.

A set goes over a change that its worker had not read: of another worker, of the own store, or a restock. With
comparison such a set is refused, and the worker reads again; so the subject is sound.
"""

from stockstorm.simulator.clock import MILLISECOND_NS as MS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import Level, Sku
from stockstorm.simulator.world import Changes, LevelSet, StaleQuantity
from tests.modelled.subject import PendingWrite, Planted, Subject


class SettingSubject(Subject):
    """Writes each order event by itself: read, think, set."""

    active = 0

    def _write(self, now: int) -> None:
        self.at(now + int(self.behaviour.write_every_ms * MS), self._write)
        for entry in [entry for entry in self.pending.values() if not entry.in_flight]:
            if self.active >= self.behaviour.workers:
                return
            self.active += 1
            self.busy = True
            entry.in_flight = True
            for sku in entry.units:
                self.in_batch.setdefault(sku, None)
            self._read(now, entry)

    def _read(self, now: int, entry: PendingWrite) -> None:
        levels = {sku: self._level(sku) for sku in entry.units}
        self.requests += 1
        versions = tuple(level.version for level in levels.values())
        shown = f.StockShown(now, self.requests, tuple(levels), versions)
        called = f.ApiCalled(now, self.requests, "admin", "inventoryItems", 200, "ok", now)
        self.emit(Changes(facts=[shown, called]))
        self.at(now + self._delay(self.behaviour.write_ms), lambda then: self._set(then, entry, levels))

    def _level(self, sku: str) -> Level:
        product = self.world.catalogue.by_sku[Sku(sku)]
        level = self.world.level(product.inventory_item_id, product.location_id)
        assert level is not None
        return level

    def _set(self, now: int, entry: PendingWrite, levels: dict[str, Level]) -> None:
        compares = self.behaviour.compares
        rows = [
            LevelSet(
                level.inventory_item_id,
                level.location_id,
                level.available + entry.units[sku],
                level.available if compares else None,
            )
            for sku, level in levels.items()
        ]
        reference = f"urn:channel-orders:{entry.token}" if self.behaviour.references else ""
        erased = [sku for sku, level in levels.items() if self._level(sku).available != level.available]
        self.requests += 1
        called = f.ApiCalled(now, self.requests, "admin", "inventorySetQuantities", 200, "ok", now)
        try:
            changes = self.world.set_available(rows, reference=reference, request=self.requests, now_ns=now)
        except StaleQuantity:
            self.emit(
                Changes(facts=[f.ApiCalled(now, self.requests, "admin", called.operation, 200, "user_error", now)])
            )
            self._read(now, entry)
            return
        self.planted += [Planted("lost_update", entry.token, sku, self.requests) for sku in erased]
        self.emit(changes)
        self.emit(Changes(facts=[called]))
        self._done(now, entry)

    def _done(self, now: int, entry: PendingWrite) -> None:
        del self.pending[entry.token]
        self.active -= 1
        self.busy = self.active > 0
        writing = {sku for other in self.pending.values() if other.in_flight for sku in other.units}
        for sku in entry.units:
            self.pending_sales[sku].pop(entry.token, None)
            level = self._level(sku)
            if sku not in writing:
                self.in_batch.pop(sku, None)
                self._receive_level(sku, level.version, level.available)
            self._mark_dirty(sku)
        self._learn(entry.token)
