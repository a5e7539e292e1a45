"""Asks a database every second, on a connection of its own, whether it still answers.

It has a thread with an event loop, so that a database that hangs holds nothing else up. The question is an empty
statement, which PostgreSQL does not count as a transaction.
"""

import asyncio
import threading
import time
from contextlib import suppress
from typing import Final

import asyncpg

from stockstorm.loadtests.backing.postgres.server import Connection
from stockstorm.loadtests.limits import DATABASE_ANSWER_S, DATABASE_POLL_S

NOTHING: Final = ""
GIVE_UP_WITHIN_S: Final = 2.0
LOSSES: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class ConnectionWatch:
    """`failure` says how the connection was lost, and "" as long as it holds. Begin with `start`, end with `stop`."""

    def __init__(self, url: str, every_s: float = DATABASE_POLL_S, within_s: float = DATABASE_ANSWER_S) -> None:
        self._url, self._every_s, self._within_s = url, every_s, within_s
        self.failure = ""
        self._answers = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="watch of the database", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns within GIVE_UP_WITHIN_S, also while a question is open."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(GIVE_UP_WITHIN_S)

    def forgive(self) -> None:
        """A planned fault explains the loss: it is forgotten."""
        self.failure = ""

    def ask(self, within_s: float = GIVE_UP_WITHIN_S) -> str:
        """The failure after one more answer, or after `within_s`."""
        seen, deadline = self._answers, time.monotonic() + within_s
        while self._thread.is_alive() and self._answers < seen + 2 and time.monotonic() < deadline and not self.failure:
            time.sleep(0.02)
        return self.failure

    def _work(self) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(self._watch())

    async def _watch(self) -> None:
        while not self._ending.is_set():
            try:
                connection = await asyncpg.connect(self._url, timeout=self._within_s)
                try:
                    await self._ask_on(connection)
                finally:
                    connection.terminate()
            except LOSSES as error:
                self.failure = self.failure or self._lost(error)
            await self._pause()

    async def _ask_on(self, connection: Connection) -> None:
        while not self._ending.is_set():
            await connection.execute(NOTHING, timeout=self._within_s)
            self._answers += 1
            await self._pause()

    async def _pause(self) -> None:
        until_s = time.monotonic() + self._every_s
        while not self._ending.is_set() and (left_s := until_s - time.monotonic()) > 0:
            await asyncio.sleep(min(0.05, left_s))

    def _lost(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"it did not answer within {self._within_s:g} s"
        return f"the connection was lost ({type(error).__name__}: {_first_line(error)})"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["no reason given"])[0]
