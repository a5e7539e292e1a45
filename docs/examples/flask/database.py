"""SQLite: the queue, the orders, and a copy of the stock."""

import json
import os
import sqlite3

SCHEMA = """
CREATE TABLE IF NOT EXISTS queue (
    id TEXT PRIMARY KEY,  -- a webhook that comes again is not queued again
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS waiting ON queue (done) WHERE NOT done;
CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS stock (
    sku TEXT PRIMARY KEY,
    item INTEGER NOT NULL,
    location INTEGER NOT NULL,
    available INTEGER NOT NULL,
    changed INTEGER NOT NULL DEFAULT 1  -- the marketplaces must be told
);
"""


def connect() -> sqlite3.Connection:
    db = sqlite3.connect(os.environ["DATABASE"], timeout=30, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.executescript(SCHEMA)
    return db


def enqueue(webhook_id: str, kind: str, body: dict) -> None:
    db = connect()
    try:
        db.execute(
            "INSERT OR IGNORE INTO queue (id, kind, body) VALUES (?, ?, ?)", (webhook_id, kind, json.dumps(body))
        )
    finally:
        db.close()
