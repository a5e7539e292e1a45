"""What a request committed and the worker must act upon, told through NOTIFY in the transaction of the change itself.

So a change is told exactly if it is committed, however the request ended. A worker that starts, or begins to listen
again, takes everything for changed: what it missed needs no record.
"""

import asyncio
from contextlib import suppress
from typing import Any, Protocol

import msgspec

from stockstorm.reference_service.handlers import WorkResult
from stockstorm.reference_service.storage.database import STORE_GONE, Connection, StoreUnavailable
from stockstorm.reference_service.storage.stock_table import known_skus
from stockstorm.reference_service.wiring import Parts

CHANGE_CHANNEL = "reference_changes"
PAYLOAD_BYTES_MAX = 7_900  # PostgreSQL takes less than 8,000


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """A WorkResult as far as others must know of it. `everything`: too much to tell, so anything may have changed."""

    seq: int  # of the webhook in the inbox
    skus: list[str] = []
    moved: list[tuple[str, str]] = []
    doubtful: bool = False
    effects: bool = False
    everything: bool = False


async def tell(connection: Connection, seq: int, result: WorkResult) -> bool:
    """Tells the listeners, when and if the transaction of `connection` commits. False if there is nothing to tell."""
    change = Change(seq, sorted(result.skus), sorted(result.moved), result.doubtful, result.effects)
    if change == Change(seq):
        return False
    payload = msgspec.json.encode(change)
    if len(payload) > PAYLOAD_BYTES_MAX:
        payload = msgspec.json.encode(Change(seq, everything=True, effects=result.effects))
    await connection.execute("SELECT pg_notify($1, $2)", CHANGE_CHANNEL, payload.decode())
    return True


class Hears(Protocol):
    """Who wants to know when a change has been announced."""

    def attend(self, parts: Parts | None) -> None:
        """From now on these parts act upon changes; None: nobody does."""
        ...

    def heard(self, change: Change) -> None:
        """The change has just been announced to the parts."""
        ...


class ChangeListener:
    """A feed that hears of changes and announces them."""

    def __init__(self, parts: Parts, hears: Hears) -> None:
        self._parts = parts
        self._hears = hears
        self._all = asyncio.Event()

    async def catch_up(self) -> None:
        """Nothing: the worker's start takes everything for changed, and so does `run`."""

    async def run(self) -> None:
        """Listens until cancelled; StoreUnavailable once the connection is lost."""
        async with self._parts.pool.acquire() as connection:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: self._wake(lost))
            await connection.add_listener(CHANGE_CHANNEL, self._hear)
            self._all.set()
            self._hears.attend(self._parts)
            try:
                while not lost.is_set():
                    await self._all.wait()
                    self._all.clear()
                    await self._announce_all()
            finally:
                self._hears.attend(None)
                with suppress(*STORE_GONE):
                    await connection.remove_listener(CHANGE_CHANNEL, self._hear)
        raise StoreUnavailable("the connection that listens was closed")

    def _wake(self, lost: asyncio.Event) -> None:
        lost.set()
        self._all.set()

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        change = msgspec.json.decode(payload, type=Change)
        if change.everything:
            self._all.set()
        else:
            result = WorkResult([], skus=set(change.skus), moved=set(change.moved))
            result.doubtful, result.effects = change.doubtful, change.effects
            self._parts.announce(result)
        self._hears.heard(change)

    async def _announce_all(self) -> None:
        skus = await known_skus(self._parts.pool)
        moved = {(channel, sku) for channel in self._parts.pushers for sku in skus}
        self._parts.announce(WorkResult([], skus=set(skus), moved=moved, doubtful=True, effects=True))
