"""Changes committed by a request, announced to the worker with NOTIFY in the transaction of the change.

So a change is announced exactly if it is committed, however the request ended. A worker that starts, or listens again
after a lost connection, treats everything as changed, so missed announcements need no record.
"""

import asyncio
from typing import Protocol

import msgspec

from stockstorm.reference_service.handlers import WorkResult
from stockstorm.reference_service.storage.database import Connection, StoreUnavailable, listening
from stockstorm.reference_service.storage.tables import known_skus
from stockstorm.reference_service.wiring import Parts

CHANGE_CHANNEL = "reference_changes"
PAYLOAD_BYTES_MAX = 7_900  # PostgreSQL accepts less than 8,000


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """The announced part of a WorkResult. `everything`: it was too large to send, so anything may have changed."""

    seq: int  # of the webhook in the inbox
    skus: list[str] = []
    moved: list[tuple[str, str]] = []
    doubtful: bool = False
    effects: bool = False
    everything: bool = False


async def notify(connection: Connection, seq: int, result: WorkResult) -> bool:
    """Notifies the listeners when the transaction of `connection` commits. Returns False if nothing has changed."""
    change = Change(seq, sorted(result.skus), sorted(result.moved), result.doubtful, result.effects)
    if change == Change(seq):
        return False
    payload = msgspec.json.encode(change)
    if len(payload) > PAYLOAD_BYTES_MAX:
        payload = msgspec.json.encode(Change(seq, everything=True, effects=result.effects))
    await connection.execute("SELECT pg_notify($1, $2)", CHANGE_CHANNEL, payload.decode())
    return True


class ChangeObserver(Protocol):
    """Told about every announced change."""

    def attach(self, parts: Parts | None) -> None:
        """From now on changes are announced to these parts; None: to nobody."""
        ...

    def on_announced(self, change: Change) -> None:
        """The change was just announced to the parts."""
        ...


class ChangeListener:
    """A feed that listens for changes and announces them to the worker's parts."""

    def __init__(self, parts: Parts, observer: ChangeObserver) -> None:
        self._parts = parts
        self._observer = observer
        self._all_changed = asyncio.Event()

    async def catch_up(self) -> None:
        """Does nothing: the worker's start and `run` treat everything as changed."""

    async def run(self) -> None:
        """Listens until cancelled. Raises StoreUnavailable once the connection is lost."""
        async with listening(self._parts.pool, CHANGE_CHANNEL, self._on_notify, self._all_changed.set) as lost:
            self._all_changed.set()
            self._observer.attach(self._parts)
            try:
                while not lost.is_set():
                    await self._all_changed.wait()
                    self._all_changed.clear()
                    await self._announce_all()
            finally:
                self._observer.attach(None)
        raise StoreUnavailable("the listening connection was closed")

    def _on_notify(self, payload: str) -> None:
        change = msgspec.json.decode(payload, type=Change)
        if change.everything:
            self._all_changed.set()
        else:
            result = WorkResult([], skus=set(change.skus), moved=set(change.moved))
            result.doubtful, result.effects = change.doubtful, change.effects
            self._parts.announce(result)
        self._observer.on_announced(change)

    async def _announce_all(self) -> None:
        skus = await known_skus(self._parts.pool)
        moved = {(channel, sku) for channel in self._parts.pushers for sku in skus}
        self._parts.announce(WorkResult([], skus=set(skus), moved=moved, doubtful=True, effects=True))
