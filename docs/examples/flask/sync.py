"""Takes webhooks from the queue: books marketplace orders at Shopify, and shows Shopify's stock on the marketplaces."""

import json
import logging
import sqlite3
import time
from collections import Counter
from typing import Any

import requests

import database
import marketplaces
import shop

Units = dict[str, int]
LEVELS_MAX = 50  # items in one request
log = logging.getLogger("sync")


def run() -> None:
    """Never returns."""
    db = database.connect()
    shop.connect()
    while not start(db):
        time.sleep(1)
    while True:
        try:
            work(db)
        except (shop.Unavailable, requests.RequestException) as error:
            log.warning("tried again: %s", error)
        time.sleep(0.05)


def start(db: sqlite3.Connection) -> bool:
    try:
        shop.subscribe("inventory_levels/update")
        for name in marketplaces.NAMES:
            marketplaces.subscribe(name)
        names = shop.skus()
        for level in read_levels(list(names)):
            row = (names[level.inventory_item_id], level.inventory_item_id, level.location_id, level.available)
            db.execute("INSERT OR REPLACE INTO stock (sku, item, location, available) VALUES (?, ?, ?, ?)", row)
    except (shop.Unavailable, requests.RequestException) as error:
        log.info("not there yet: %s", error)
        return False
    return True


def read_levels(items: list[int]) -> list[Any]:
    pages = [items[first : first + LEVELS_MAX] for first in range(0, len(items), LEVELS_MAX)]
    return [level for page in pages for level in shop.levels(page)]


def work(db: sqlite3.Connection) -> None:
    waiting = db.execute("SELECT id, kind, body FROM queue WHERE NOT done ORDER BY rowid LIMIT 200").fetchall()
    for key, kind, text in waiting:
        body = json.loads(text)
        try:
            if kind == "order":
                book(db, key, body)
            else:
                db.execute("UPDATE stock SET changed = 1 WHERE item = ?", (body["inventory_item_id"],))
        except (shop.Refused, KeyError, TypeError, ValueError) as error:
            log.error("set aside: %r: %s", error, text[:500])
        db.execute("UPDATE queue SET done = 1 WHERE id = ?", (key,))
    show(db)


# -- marketplace orders


def book(db: sqlite3.Connection, key: str, event: dict[str, Any]) -> None:
    """Changes Shopify's stock by what the event means. The key makes a repeated call harmless."""
    name = f"{event['channel']}:{event['order']['order_id']}"
    row = db.execute("SELECT state FROM orders WHERE id = ?", (name,)).fetchone()
    before = json.loads(row[0]) if row else {"placed": False, "cancelled": False, "returns": []}
    after, part = learn(before, event)
    change = effect(after) if event["topic"] == "order.created" else less(effect(after), effect(before))
    if change:
        quantities = []
        for sku, delta in change.items():
            found = db.execute("SELECT item, location, available FROM stock WHERE sku = ?", (sku,)).fetchone()
            if found is None:
                raise ValueError(f"{sku} is not in our stock")
            item, location, available = found
            quantities.append((item, location, available + delta))
        shop.set_stock(key, f"urn:channel-orders:{name}{part}", quantities)
    with db:
        db.execute("INSERT OR REPLACE INTO orders VALUES (?, ?)", (name, json.dumps(after)))
        for sku in after["lines"]:
            delta = change.get(sku, 0)
            db.execute("UPDATE stock SET available = available + ?, changed = 1 WHERE sku = ?", (delta, sku))


def learn(order: dict[str, Any], event: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The order as it is now, and the event's part of the reference. Events of an order come in any order."""
    after = {**order, "lines": units(event["order"]["lines"])}
    if event["topic"] == "order.created":
        return {**after, "placed": True}, ""
    if event["topic"] == "order.cancelled":
        return {**after, "cancelled": True}, ":cancelled"
    back = event["order"]["return"]
    after["returns"] = [*order["returns"], {"restock": back["restock"], "lines": units(back["lines"])}]
    return after, f":returned:{back['return_id']}"


def units(lines: list[dict[str, Any]]) -> Units:
    total: Counter[str] = Counter()
    for line in lines:
        total[line["sku"]] += line["quantity"]
    return dict(total)


def effect(order: dict[str, Any]) -> Units:
    """By how much the order changes the stock, all in all."""
    if not order["placed"]:
        return {}
    total: Counter[str] = Counter()
    kept: Counter[str] = Counter()  # by the buyer, or no longer fit for sale
    for back in order["returns"]:
        (total if back["restock"] else kept).update(back["lines"])
    if order["cancelled"]:
        return {sku: -gone for sku, gone in kept.items()}
    return less(total, order["lines"])


def less(first: Units, second: Units) -> Units:
    found = {sku: first.get(sku, 0) - second.get(sku, 0) for sku in {**first, **second}}
    return {sku: delta for sku, delta in found.items() if delta}


# -- listings


def show(db: sqlite3.Connection) -> None:
    """Reads what changed, because webhooks overtake each other, and shows it everywhere."""
    names = dict(db.execute("SELECT item, sku FROM stock WHERE changed").fetchall())
    stock = {names[level.inventory_item_id]: level.available for level in read_levels(list(names))}
    if not stock:
        return
    taken = set(stock)
    for name in marketplaces.NAMES:
        taken &= marketplaces.show(name, stock)
    with db:
        db.executemany("UPDATE stock SET available = ? WHERE sku = ?", [(stock[sku], sku) for sku in stock])
        db.executemany("UPDATE stock SET changed = 0 WHERE sku = ?", [(sku,) for sku in taken])
