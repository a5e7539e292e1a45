"""Does the work: books marketplace orders at Shopify, and shows Shopify's stock on every marketplace.

One after the other, so that what Shopify shows when it is read includes every order that is known. Start with
`python worker.py`, one process only.
"""

import json
import logging
import os
import sqlite3
import time
import uuid
from itertools import islice

import store
from clients import Marketplace, Refused, Shop, Unavailable
from orders import add, effect, references

MESSAGES_MAX, ORDERS_MAX, SKUS_MAX = 500, 100, 100
CHANGES_MAX = 250  # in one call, by Shopify
IDLE_S = 0.05
log = logging.getLogger("worker")


class Worker:
    def __init__(self, db: sqlite3.Connection, shop: Shop, marketplaces: dict[str, Marketplace]) -> None:
        self.db, self.shop, self.marketplaces = db, shop, marketplaces
        self.items: dict[str, tuple[str, str]] = {}
        self.behind: dict[str, set[str]] = {}  # SKUs that a marketplace does not show right

    def start(self) -> None:
        """Subscribes first, so that nothing happens unseen while the catalogue is read."""
        self.shop.subscribe("INVENTORY_LEVELS_UPDATE")
        for marketplace in self.marketplaces.values():
            marketplace.subscribe()
        self.items = self.shop.catalogue()
        self.behind = {name: set(self.items) for name in self.marketplaces}

    def round(self) -> None:
        self.read_inbox()
        self.book()
        self.show()

    # -- what came in

    def read_inbox(self) -> None:
        sku_of = {item.rpartition("/")[2]: sku for sku, (item, _) in self.items.items()}
        with store.transaction(self.db):
            rows = self.db.execute("SELECT number, source, body FROM inbox ORDER BY number LIMIT ?", (MESSAGES_MAX,))
            for number, source, body in rows.fetchall():
                try:
                    if source == "marketplace":
                        self.learn(json.loads(body))
                    else:
                        self.look_at({sku_of[str(json.loads(body)["inventory_item_id"])]})
                except (ValueError, TypeError, KeyError, AttributeError) as error:
                    log.error("set aside, nobody can process it: %r in %.500r", error, body)
                self.db.execute("DELETE FROM inbox WHERE number = ?", (number,))

    def look_at(self, skus: set[str]) -> None:
        for name in self.behind:
            self.behind[name] |= skus

    def learn(self, told: dict) -> None:
        name = f"{told['channel']}:{told['order']['order_id']}"
        row = self.db.execute("SELECT known FROM orders WHERE name = ?", (name,)).fetchone()
        order = add(json.loads(row[0]) if row else {}, told["topic"], told["order"])
        if unknown := set(order["lines"]) - set(self.items):
            raise ValueError(f"unknown SKUs {unknown}")
        self.db.execute(
            "INSERT INTO orders (name, known, changed) VALUES (?, ?, 1)"
            " ON CONFLICT DO UPDATE SET known = excluded.known, changed = 1",
            (name, json.dumps(order)),
        )
        self.look_at(set(order["lines"]))

    # -- Shopify

    def book(self) -> None:
        """A batch is stored before the call and removed after it, so that a crash repeats the same call."""
        while True:
            self.new_batch()
            batch = self.db.execute("SELECT key, document, changes FROM batches").fetchone()
            if batch is None:
                return
            key, document, changes = batch
            try:
                self.shop.book(key, document, json.loads(changes))
            except Refused as error:
                log.error("not booked, somebody must look at it: %s: %s", document, error)
            self.db.execute("DELETE FROM batches WHERE key = ?", (key,))

    def new_batch(self) -> None:
        """What orders mean now, less what was booked."""
        if self.db.execute("SELECT 1 FROM batches").fetchone():
            return
        changes: dict[str, int] = {}
        names: list[str] = []
        with store.transaction(self.db):
            rows = self.db.execute("SELECT name, known, booked, named FROM orders WHERE changed LIMIT ?", (ORDERS_MAX,))
            for name, *texts in rows.fetchall():
                order, booked, named = map(json.loads, texts)
                wanted, parts = effect(order), references(name, order)
                if changes and len({*changes, *wanted, *booked}) > CHANGES_MAX:
                    break  # for the next batch
                if wanted != booked:
                    names += [part for part in parts if part not in named]
                    named = parts
                    for sku in {*wanted, *booked}:
                        changes[sku] = changes.get(sku, 0) + wanted.get(sku, 0) - booked.get(sku, 0)
                self.db.execute(
                    "UPDATE orders SET changed = 0, booked = ?, named = ? WHERE name = ?",
                    (json.dumps(wanted), json.dumps(named), name),
                )
            lines = [self.line(sku, delta) for sku, delta in changes.items() if delta]
            if lines:
                document = "urn:channel-orders:" + ",".join(names)
                row = (uuid.uuid4().hex, document, json.dumps(lines))
                self.db.execute("INSERT INTO batches VALUES (?, ?, ?)", row)

    def line(self, sku: str, delta: int) -> dict:
        item, location = self.items[sku]
        return {"inventoryItemId": item, "locationId": location, "delta": delta, "changeFromQuantity": None}

    # -- marketplaces

    def show(self) -> None:
        """Reads what Shopify has, never what a webhook said: webhooks overtake each other."""
        wanted = iter(set().union(*self.behind.values()))
        while skus := set(islice(wanted, SKUS_MAX)):
            available = self.shop.available([self.items[sku][0] for sku in skus])
            for name, marketplace in self.marketplaces.items():
                stock = {sku: available[sku] for sku in skus & self.behind[name]}
                try:
                    if stock:
                        self.behind[name] -= stock.keys() - marketplace.show(stock)
                except Unavailable:
                    log.warning("%s does not answer; %d listings wait", name, len(self.behind[name]))


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every call
    names = os.environ["MARKETPLACES"].split(",")
    worker = Worker(store.connect(), Shop(), {name: Marketplace(name) for name in names})
    while not worker.items:
        try:
            worker.start()
        except Unavailable as error:
            log.info("waiting for %s", error)
    while True:
        try:
            worker.round()
        except Unavailable as error:
            log.warning("tried again: %s does not answer", error)
        time.sleep(IDLE_S)


if __name__ == "__main__":
    main()
