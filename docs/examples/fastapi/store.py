"""SQLite: the queue of webhooks, what is known of each order, and the write to Shopify that is under way."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

SCHEMA = """
CREATE TABLE IF NOT EXISTS inbox (number INTEGER PRIMARY KEY, source TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
    name TEXT PRIMARY KEY,              -- "bazaar:bazaar-1001"
    known TEXT NOT NULL,                -- see orders.py
    booked TEXT NOT NULL DEFAULT '{}',  -- units by SKU that Shopify was told, or is being told
    named TEXT NOT NULL DEFAULT '[]',   -- references of what was booked
    changed INTEGER NOT NULL            -- 1: look whether something must be booked
);
CREATE TABLE IF NOT EXISTS batches (key TEXT PRIMARY KEY, document TEXT NOT NULL, changes TEXT NOT NULL);
"""


def connect() -> sqlite3.Connection:
    """Autocommit, except within `transaction`."""
    db = sqlite3.connect(os.environ["DATABASE"], timeout=30, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.executescript(SCHEMA)
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def put(source: str, body: bytes) -> None:
    """Adds a webhook to the queue. When this returns, a crash does not lose it."""
    db = connect()
    try:
        db.execute("INSERT INTO inbox (source, body) VALUES (?, ?)", (source, body))
    finally:
        db.close()
