"""A modelled subject for items with several locations: it knows a level of each and lists the sum.

It hears of the levels one by one, so what it lists may mix versions of two locations. That is sound. Its flaws mix the
locations themselves up.
"""

from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import Event, Level, Sku
from stockstorm.simulator.world import Changes, LevelChange
from tests.modelled.subject import PendingWrite, Subject

Place = tuple[str, int]  # SKU and location
Known = tuple[int, int]  # version and available units


class PlacesSubject(Subject):
    """Writes an order at the location with the most units that it knows of, and gives back at the first one."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]  # what Subject takes
        self.levels: dict[Place, Known] = {
            (sku, each.location_id): (0, each.available)
            for sku, product in self.world.catalogue.by_sku.items()
            for each in product.stocked
        }
        self.parked: dict[Place, Known | None] = {}  # in a batch in flight -> newest level received since

    def receive(self, event: Event) -> None:
        if event.topic != "inventory_levels/update" or event.level is None:
            super().receive(event)
            return
        level = event.level
        if self.behaviour.flaw == "ignores_location" and level.location_id == self.world.catalogue.locations[-1]:
            return
        sku = self.world.catalogue.by_item[level.inventory_item_id].sku
        self._receive_place((sku, level.location_id), (level.version, level.available))

    def _receive_place(self, place: Place, new: Known) -> None:
        sku = place[0]
        if place in self.parked:
            self.parked[place] = max(self.parked[place] or new, new)
        elif new > self.levels[place] or self.behaviour.flaw == "last_write_wins":
            self.levels[place] = new
            self.version[sku] = max(self.version[sku], new[0])
            self.available[sku] = new[1] if self.behaviour.flaw == "location_overwrites" else self._sum(sku)
            self._mark_dirty(sku)

    def _sum(self, sku: str) -> int:
        levels = [self.levels[place][1] for place in self._places(sku)]
        return levels[0] if self.behaviour.flaw == "one_location" else sum(levels)

    def _places(self, sku: str) -> list[Place]:
        return [(sku, each.location_id) for each in self.world.catalogue.by_sku[Sku(sku)].stocked]

    def _apply_batch(self, now: int, batch: list[PendingWrite]) -> None:
        sums: dict[str, int] = {}
        for entry in batch:
            for sku, quantity in entry.units.items():
                sums[sku] = sums.get(sku, 0) + quantity * entry.times
        chosen = {sku: self._choose(sku, delta) for sku, delta in sums.items()}
        rows = [LevelChange(self._item(sku), chosen[sku][1], delta, None) for sku, delta in sums.items()]
        self.parked.update(dict.fromkeys(chosen.values()))
        reference = f"urn:channel-orders:{','.join(entry.token for entry in batch)}"
        self.requests += 1
        self.emit(self.world.adjust(rows, reference=reference, request=self.requests, now_ns=now))
        seen = {place: self._read(place) for place in chosen.values()}
        versions = tuple(level.version for level in seen.values())
        shown = f.StockShown(now, self.requests, tuple(sku for sku, _ in seen), versions)
        called = f.ApiCalled(now, self.requests, "admin", "inventoryAdjustQuantities", 200, "ok", now)
        self.emit(Changes(facts=[shown, called]))
        self.at(now + self._delay(self.behaviour.write_ms), lambda then: self._written(then, batch, seen))

    def _choose(self, sku: str, delta: int) -> Place:
        places = self._places(sku)
        return max(places, key=lambda place: self.levels[place][1]) if delta < 0 else places[0]

    def _written(self, now: int, batch: list[PendingWrite], seen: dict[Place, Level]) -> None:
        self.in_batch.clear()
        known = {place: self.parked.pop(place) for place in seen}
        self._answered(now, batch, {})
        for place, level in seen.items():
            answer = (level.version, level.available)
            self._receive_place(place, max(known[place] or answer, answer))
            self._mark_dirty(place[0])

    def _item(self, sku: str) -> int:
        return self.world.catalogue.by_sku[Sku(sku)].inventory_item_id

    def _read(self, place: Place) -> Level:
        level = self.world.level(self._item(place[0]), place[1])
        assert level is not None
        return level
