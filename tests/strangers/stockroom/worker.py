"""The stockroom's one worker: takes what came in, writes orders to the shop, lists what changed.

One thread does all three in turn, so that a level is read when no write of our own is under way: what the shop shows
then includes every order that is written, and none that is not.
"""

import json
import sqlite3
import threading
import time
import uuid
from collections import Counter
from typing import Any

from tests.strangers.stockroom.arithmetic import less, parts, total
from tests.strangers.stockroom.clients import Clients, Refused, Unavailable
from tests.strangers.stockroom.settings import Settings
from tests.strangers.stockroom.store import Message, Order, Store

SHOP_TOPICS = (
    "orders/create",
    "orders/paid",
    "orders/updated",
    "orders/cancelled",
    "refunds/create",
    "products/update",
    "inventory_levels/update",
)
MESSAGES_MAX, ORDERS_MAX, READ_MAX = 500, 100, 100
IDLE_S = 0.05
UNITS_MAX = 100_000
STRANGE_BODY = (ValueError, KeyError, TypeError, AttributeError, sqlite3.InterfaceError, sqlite3.ProgrammingError)


class Worker:
    """`wake` is set by the receiver."""

    def __init__(self, settings: Settings, store: Store, clients: Clients) -> None:
        self.settings, self.store, self.clients = settings, store, clients
        self.wake = threading.Event()
        self.batch_max = ORDERS_MAX

    def run(self) -> None:
        """Never returns. What could not be done now is tried in the next round."""
        self.start()
        while True:
            self.wake.wait(1.0)
            self.wake.clear()
            try:
                self.round()
            except (Unavailable, Refused) as error:
                print("round given up:", type(error).__name__, error, flush=True)
            if self.store.pending():
                time.sleep(IDLE_S)
                self.wake.set()

    def start(self) -> None:
        """Learns the catalogue, subscribes, and lists everything once."""
        while True:
            try:
                self.register()
                return
            except Unavailable:
                continue

    def register(self) -> None:
        found = self.clients.items()
        times = Counter(sku for sku, _, _ in found)
        items = [row for row in found if row[0] and times[row[0]] == 1]  # others cannot be sold by SKU
        with self.store.transaction():
            for row in items:
                self.store.rows("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", *row)
            self.store.soil(sku for sku, _, _ in items)
        for channel in self.settings.channels:
            try:
                self.clients.be_notified(channel)
            except Refused as error:
                print("no notifications from", channel, error, flush=True)
        for topic in SHOP_TOPICS:
            try:
                self.clients.subscribe(topic)
            except Refused as error:  # the app lacks a scope: it lives without the topic
                print("not subscribed:", topic, error, flush=True)
        self.wake.set()

    def round(self) -> None:
        """Until nothing is left."""
        while True:
            messages = self.store.new_messages(MESSAGES_MAX)
            self.take_all(messages)
            self.write_to_shop()
            self.list_changes()
            if not self.store.unwritten() and not self.store.dirty():
                self.store.all_is_done()
            if not messages:
                return

    # -- what came in

    def take_all(self, messages: list[Message]) -> None:
        with self.store.transaction():
            for message in messages:
                try:
                    self.take(message)
                except STRANGE_BODY as error:
                    print("put aside:", message.number, type(error).__name__, error, flush=True)
                    self.store.took([message.number], "dead_lettered")
                else:
                    self.store.took([message.number])

    def take(self, message: Message) -> None:
        body = json.loads(message.body)
        if message.origin == "inventory_levels/update":
            self.level_changed(body)
        elif message.origin.startswith("marketplace"):
            self.notified(body)

    def level_changed(self, body: dict[str, Any]) -> None:
        """Only that it changed: levels come in any order, so the value is read from the shop."""
        item = f"gid://shopify/InventoryItem/{body['inventory_item_id']}"
        self.store.soil(sku for (sku,) in self.store.rows("SELECT sku FROM items WHERE item = ?", item))

    def notified(self, body: dict[str, Any]) -> None:
        """Notifications are repeated and come in any order. What is known of an order only grows."""
        told = body["order"]
        before = self.store.order(body["channel"], told["order_id"])
        after, part = before._replace(lines=self.units(told["lines"])), ""
        if body["topic"] == "order.created":
            after = after._replace(placed=True)
        elif body["topic"] == "order.cancelled":
            after, part = after._replace(cancelled=True), ":cancelled"
        elif told["return"] is not None:
            return_id = told["return"]["return_id"]
            back = {"restock": told["return"]["restock"], "lines": self.units(told["return"]["lines"])}
            after, part = after._replace(returned={**after.returned, return_id: back}), f":returned:{return_id}"
        self.store.keep(after)
        self.settle(before, after, part)
        self.store.soil(after.lines)

    def units(self, lines: list[dict[str, Any]]) -> dict[str, int]:
        """By SKU; one SKU can be on several lines. ValueError: this cannot be an order of this shop."""
        total: dict[str, int] = {}
        for line in lines:
            if not self.store.rows("SELECT 1 FROM items WHERE sku = ?", line["sku"]):
                raise ValueError(f"no such SKU: {line['sku']}")
            if not 0 < line["quantity"] <= UNITS_MAX:
                raise ValueError(f"nobody orders {line['quantity']} units")
            total[line["sku"]] = total.get(line["sku"], 0) + line["quantity"]
        return total

    def settle(self, before: Order, after: Order, part: str) -> None:
        """Owes the shop what the notification adds to what was known. A repeated one adds nothing."""
        name = f"{after.channel}:{after.number}"
        if after.cancelled and not total(after) and not self.store.was_begun(name):
            self.store.forget(name)
            return
        added = parts(after) if after.placed and not before.placed else {part: less(total(after), total(before))}
        for each, deltas in added.items():
            if deltas:
                self.store.owes(name + each, deltas)

    # -- the shop

    def write_to_shop(self) -> None:
        """In batches that are stored with their key before the call, so that a repeated call is the same call."""
        while True:
            batch = self.open_batch() or self.new_batch()
            if batch is None:
                return
            key, document, changes = batch
            try:
                if changes:
                    self.clients.adjust(key, document, changes)
            except Refused as error:
                self.refused(key, str(error))
                continue
            self.batch_max = ORDERS_MAX
            self.settled(key)

    def settled(self, key: str) -> None:
        """The batch needs no call any more."""
        with self.store.transaction():
            self.store.rows("UPDATE owed SET done = 1 WHERE batch = ?", key)
            self.store.rows("DELETE FROM batches WHERE key = ?", key)

    def refused(self, key: str, why: str) -> None:
        """A refused key is used up. Its orders are tried one by one, and the one that is refused alone is given up."""
        print("refused:", key, why, flush=True)
        if self.batch_max == 1:
            self.settled(key)
            return
        self.batch_max = 1
        with self.store.transaction():
            self.store.rows("UPDATE owed SET batch = NULL WHERE batch = ?", key)
            self.store.rows("DELETE FROM batches WHERE key = ?", key)

    def open_batch(self) -> tuple[str, str, list[dict[str, Any]]] | None:
        """One whose answer was never seen."""
        found = self.store.rows("SELECT key, document, changes FROM batches LIMIT 1")
        return (found[0][0], found[0][1], json.loads(found[0][2])) if found else None

    def new_batch(self) -> tuple[str, str, list[dict[str, Any]]] | None:
        owed = self.store.rows(
            "SELECT reference, deltas FROM owed WHERE batch IS NULL AND NOT done LIMIT ?", self.batch_max
        )
        if not owed:
            return None
        sums: dict[str, int] = {}
        for _, deltas in owed:
            for sku, delta in json.loads(deltas).items():
                sums[sku] = sums.get(sku, 0) + delta
        key, document = uuid.uuid4().hex, "urn:channel-orders:" + ",".join(reference for reference, _ in owed)
        changes = [self.change(sku, delta) for sku, delta in sums.items() if delta]
        with self.store.transaction():
            self.store.rows("INSERT INTO batches VALUES (?, ?, ?)", key, document, json.dumps(changes))
            for reference, _ in owed:
                self.store.rows("UPDATE owed SET batch = ? WHERE reference = ?", key, reference)
            self.store.soil(sums)
        return key, document, changes

    def change(self, sku: str, delta: int) -> dict[str, Any]:
        ((item, location),) = self.store.rows("SELECT item, location FROM items WHERE sku = ?", sku)
        return {"inventoryItemId": item, "locationId": location, "delta": delta, "changeFromQuantity": None}

    # -- listings

    def list_changes(self) -> None:
        """Every dirty SKU to every marketplace that lacks it: what the shop has, less what it does not know of yet.

        A marketplace that does not answer is left for the next round and keeps no other from its listings.
        """
        dirty = self.store.dirty()
        away: set[str] = set()
        for start in range(0, len(dirty), READ_MAX):
            skus = list(dirty)[start : start + READ_MAX]
            stock = self.to_list(self.clients.levels([self.item(sku) for sku in skus]))
            for channel in self.settings.channels:
                wanted = {sku: stock[sku] for sku in skus if channel in dirty[sku]}
                if wanted and channel not in away and not self.list_on(channel, wanted):
                    away.add(channel)

    def list_on(self, channel: str, stock: dict[str, int]) -> bool:
        """Whether the marketplace answered."""
        try:
            taken = self.clients.list_stock(channel, stock)
        except Unavailable:
            return False
        with self.store.transaction():
            self.store.clean(taken, channel)
        return True

    def item(self, sku: str) -> str:
        ((item,),) = self.store.rows("SELECT item FROM items WHERE sku = ?", sku)
        return str(item)

    def to_list(self, levels: dict[str, int]) -> dict[str, int]:
        for deltas in self.store.unwritten().values():
            for sku, delta in deltas.items():
                if sku in levels:
                    levels[sku] += min(delta, 0)
        return {sku: max(0, available) for sku, available in levels.items()}
