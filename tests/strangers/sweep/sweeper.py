"""The loop of the sweep: reads the feeds, writes what the shop lacks, reads all stock, shows what changed.

It works on totals: an order calls for an effect, so much of it is written, and the difference is still to do. A
repeated or late entry changes nothing then, and what a webhook says does not matter.
"""

import json
import os
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.strangers.sweep.calls import PAGE, Marketplace, NoAnswer, Rejected, Shop
from tests.strangers.sweep.orders import Units, difference, effect, fold

GAP_S = float(os.environ.get("GAP_S", "0.2"))  # between two rounds
LOOKS_EVERY_S = 2.0
CHANGES_MAX = 200


class State:
    """One JSON file, replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.cursors: dict[str, str] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.written: dict[str, Units] = {}
        self.write: dict[str, Any] | None = None  # under way: key, changes, and `written` as it is after it
        if path.exists():
            self.__dict__.update(json.loads(path.read_text()))

    def save(self) -> None:
        values = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(values))
        os.replace(fresh, self._path)  # noqa: PTH105 - says what it does


class Sweeper:
    """`wake` is set by any webhook that is signed."""

    def __init__(self, shop: Shop, marketplaces: dict[str, Marketplace], state: State) -> None:
        self.shop, self.marketplaces, self.state = shop, marketplaces, state
        self.wake = threading.Event()
        self.subscribe: Callable[[], object] = bool  # to the shop's webhooks; set by the service
        self.places: dict[str, tuple[str, str]] = {}
        self.shown: dict[str, Units] = {channel: {} for channel in marketplaces}
        self.touched: dict[str, set[str]] = {channel: set() for channel in marketplaces}
        self.open = list(state.orders)  # names of orders with news

    def run(self) -> None:
        """Never returns."""
        while True:
            self.wake.wait(LOOKS_EVERY_S)
            self.wake.clear()
            try:
                self.sweep()
            except (NoAnswer, Rejected) as error:
                print("sweep given up:", error, flush=True)
                self.wake.set()
            time.sleep(GAP_S)

    def sweep(self) -> None:
        """One round."""
        if self.shop.renewed:
            self.subscribe()
            self.shop.renewed = False
        self.at_each(self.read)
        self.write()
        stock = self.stock()
        self.at_each(lambda channel, marketplace: self.show(channel, marketplace, stock))
        self.state.save()

    def at_each(self, visit: Callable[[str, Marketplace], None]) -> None:
        """A marketplace that does not answer, or has no feed, is left for the next round and stops no other."""
        for channel, marketplace in self.marketplaces.items():
            try:
                visit(channel, marketplace)
            except Rejected as error:
                print("refused:", error, flush=True)
            except NoAnswer as error:
                print("left for the next round:", error, flush=True)
                self.wake.set()

    def read(self, channel: str, marketplace: Marketplace) -> None:
        """All news of a marketplace. A page that is not full is the last one: more can be read in the next round."""
        while self.read_page(channel, marketplace) == PAGE:
            pass

    def read_page(self, channel: str, marketplace: Marketplace) -> int:
        """How many entries it had."""
        entries, cursor = marketplace.news(self.state.cursors.get(channel, "0"))
        for entry in entries:
            self.learn(f"{channel}/{entry['order']['order_id']}", entry)
        self.state.cursors[channel] = cursor
        return len(entries)

    def learn(self, name: str, entry: dict[str, Any]) -> None:
        order = self.state.orders[name] = fold(self.state.orders.get(name, {}), entry)
        for touched in self.touched.values():
            touched.update(order["lines"])
        self.open.append(name)

    def write(self) -> None:
        """Brings the shop up to what the orders call for. A write that was cut off is repeated under its key."""
        while self.state.write is not None or self.prepare():
            write = self.state.write or {}
            if write["changes"]:
                self.adjust(write)
            self.state.written.update(write["written"])
            self.state.write = None

    def adjust(self, write: dict[str, Any]) -> None:
        """A key that was rejected is used up, so the next round takes a new one."""
        try:
            self.shop.adjust(write["key"], [self.row(sku, delta) for sku, delta in write["changes"].items()])
        except Rejected:
            write["key"] = str(uuid.uuid4())
            self.state.save()
            raise

    def prepare(self) -> bool:
        """Stores the next write before it is called. Whether there is one."""
        total: Units = {}
        written: dict[str, Units] = {}
        while self.open and len(total) < CHANGES_MAX:
            name = self.open.pop()
            wanted = self.wanted(name)
            for sku, delta in difference(wanted, written.get(name, self.state.written.get(name, {}))).items():
                total[sku] = total.get(sku, 0) + delta
            written[name] = wanted
        if not written:
            return False
        changes = {sku: delta for sku, delta in total.items() if delta}
        self.state.write = {"key": str(uuid.uuid4()), "changes": changes, "written": written}
        self.state.save()
        return True

    def wanted(self, name: str) -> Units:
        return effect(self.state.orders[name])

    def row(self, sku: str, delta: int) -> dict[str, Any]:
        item, location = self.places[sku]
        return {"inventoryItemId": item, "locationId": location, "delta": delta, "changeFromQuantity": None}

    def stock(self) -> Units:
        """Every order that is known is written, so the shop's own figure is what can be sold."""
        return self.shop.stock()

    def show(self, channel: str, marketplace: Marketplace, stock: Units) -> None:
        """What differs from what was shown last, and what orders touched: their marketplace counted it down itself."""
        shown, touched = self.shown[channel], self.touched[channel]
        changed = {sku: level for sku, level in stock.items() if sku in touched or shown.get(sku) != level}
        rejected = marketplace.show(changed)
        shown.update({sku: level for sku, level in changed.items() if sku not in rejected})
        self.touched[channel] = rejected
        if rejected:
            self.wake.set()
