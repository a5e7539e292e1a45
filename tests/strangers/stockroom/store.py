"""The stockroom's database: what came in, what is owed to the shop, and what must be listed again."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

SCHEMA = """
CREATE TABLE IF NOT EXISTS inbox (
  number INTEGER PRIMARY KEY, webhook_id TEXT UNIQUE, origin TEXT, body BLOB, state TEXT DEFAULT 'new');
CREATE TABLE IF NOT EXISTS items (sku TEXT PRIMARY KEY, item TEXT UNIQUE, location TEXT);
CREATE TABLE IF NOT EXISTS dirty (sku TEXT, channel TEXT, PRIMARY KEY (sku, channel));
CREATE TABLE IF NOT EXISTS orders (
  channel TEXT, number TEXT, lines TEXT, placed INTEGER DEFAULT 0, cancelled INTEGER DEFAULT 0,
  returned TEXT DEFAULT '{}', PRIMARY KEY (channel, number));
CREATE TABLE IF NOT EXISTS owed (reference TEXT PRIMARY KEY, deltas TEXT, batch TEXT, done INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS batches (key TEXT PRIMARY KEY, document TEXT, changes TEXT);
CREATE INDEX IF NOT EXISTS inbox_state ON inbox (state, number);
CREATE INDEX IF NOT EXISTS owed_open ON owed (done) WHERE NOT done;
CREATE INDEX IF NOT EXISTS owed_batch ON owed (batch);
"""

# Its own reference, and those that begin with it and a colon; a semicolon follows the colon.
OF_ORDER = "(reference = ? OR (reference > ? || ':' AND reference < ? || ';'))"


class Message(NamedTuple):
    """A webhook that was accepted."""

    number: int
    origin: str
    body: bytes


class Order(NamedTuple):
    """A marketplace's order, as far as its notifications told. Quantities by SKU."""

    channel: str
    number: str
    lines: dict[str, int]
    placed: bool
    cancelled: bool
    returned: dict[str, dict[str, Any]]


class Store:
    """SQLite behind one lock; every method is one transaction unless it runs inside `transaction`."""

    def __init__(self, path: Path, channels: Iterable[str]) -> None:
        self._channels = tuple(channels)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """Runs one statement."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    # -- what came in

    def accept(self, webhook_id: str, origin: str, body: bytes) -> None:
        """A webhook id that is known already is ignored."""
        self.rows("INSERT OR IGNORE INTO inbox (webhook_id, origin, body) VALUES (?, ?, ?)", webhook_id, origin, body)

    def new_messages(self, limit: int) -> list[Message]:
        found = self.rows("SELECT number, origin, body FROM inbox WHERE state = 'new' ORDER BY number LIMIT ?", limit)
        return [Message(*row) for row in found]

    def took(self, numbers: list[int], state: str = "taken") -> None:
        for number in numbers:
            self.rows("UPDATE inbox SET state = ? WHERE number = ?", state, number)

    def all_is_done(self) -> None:
        """What was taken has all of its effects."""
        self.rows("UPDATE inbox SET state = 'applied' WHERE state = 'taken'")

    def pending(self) -> int:
        """Messages without all of their effects, and listings that must be set again."""
        (messages,) = self.rows("SELECT count(*) FROM inbox WHERE state IN ('new', 'taken')")
        (listings,) = self.rows("SELECT count(*) FROM dirty")
        return int(messages[0]) + int(listings[0])

    # -- orders

    def order(self, channel: str, number: str) -> Order:
        """An order that nothing is known of is empty."""
        found = self.rows("SELECT * FROM orders WHERE channel = ? AND number = ?", channel, number)
        if not found:
            return Order(channel, number, {}, False, False, {})
        _, _, lines, placed, cancelled, returned = found[0]
        return Order(channel, number, json.loads(lines), bool(placed), bool(cancelled), json.loads(returned))

    def keep(self, order: Order) -> None:
        self.rows(
            "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?)",
            order.channel,
            order.number,
            json.dumps(order.lines),
            order.placed,
            order.cancelled,
            json.dumps(order.returned),
        )

    # -- owed to the shop

    def owes(self, reference: str, deltas: dict[str, int]) -> None:
        """Once only, however often it is said."""
        self.rows("INSERT OR IGNORE INTO owed (reference, deltas) VALUES (?, ?)", reference, json.dumps(deltas))

    def is_owed(self, reference: str) -> bool:
        """Whether this is owed, or was."""
        return bool(self.rows("SELECT 1 FROM owed WHERE reference = ?", reference))

    def was_begun(self, order: str) -> bool:
        """Whether any of what is owed for an order, e.g. "bazaar:bazaar-1001", is in a batch or written."""
        owed = f"SELECT 1 FROM owed WHERE {OF_ORDER} AND batch IS NOT NULL"  # noqa: S608 - no text from outside
        return bool(self.rows(owed, order, order, order))

    def forget(self, order: str) -> None:
        """The order is owed no longer."""
        self.rows(f"DELETE FROM owed WHERE {OF_ORDER}", order, order, order)  # noqa: S608 - no text from outside

    def unwritten(self) -> dict[str, dict[str, int]]:
        """Deltas by SKU, by reference, of all that the shop does not have."""
        found = self.rows("SELECT reference, deltas FROM owed WHERE NOT done")
        return {reference: json.loads(deltas) for reference, deltas in found}

    # -- listings

    def soil(self, skus: Iterable[str]) -> None:
        """These must be listed again, on every channel."""
        for sku in skus:
            for channel in self._channels:
                self.rows("INSERT OR IGNORE INTO dirty VALUES (?, ?)", sku, channel)

    def dirty(self) -> dict[str, set[str]]:
        """The channels that must list it again, by SKU."""
        found: dict[str, set[str]] = {}
        for sku, channel in self.rows("SELECT sku, channel FROM dirty"):
            found.setdefault(sku, set()).add(channel)
        return found

    def clean(self, skus: Iterable[str], channel: str) -> None:
        for sku in skus:
            self.rows("DELETE FROM dirty WHERE sku = ? AND channel = ?", sku, channel)
