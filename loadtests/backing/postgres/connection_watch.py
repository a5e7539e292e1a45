"""Asks a database every second, on a connection of its own, whether it still answers.

It has a thread with an event loop, so that a database that hangs holds nothing else up. Many questions share one
transaction, because transactions are counted as the subject's work. Between two questions it holds no snapshot.
"""

import asyncio
import threading
import time
from typing import Final

import asyncpg

from stockstorm.loadtests.backing.postgres.server import Connection
from stockstorm.loadtests.limits import DATABASE_ANSWER_S, DATABASE_POLL_S

QUESTION: Final = "SELECT 1"
QUESTIONS_A_TRANSACTION: Final = 60
GIVE_UP_WITHIN_S: Final = 2.0
NAP_S: Final = 0.05
LOSSES: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)


class ConnectionWatch:
    """`failure` says how the connection was lost, and "" as long as it holds. Begin with `start`, end with `stop`."""

    def __init__(self, url: str, every_s: float = DATABASE_POLL_S, within_s: float = DATABASE_ANSWER_S) -> None:
        self._url, self._every_s, self._within_s = url, every_s, within_s
        self.failure = ""
        self._answers = 0
        self._hurry = False  # the next question is wanted at once
        self._forgiven_s = 0.0
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
        """A planned fault explains why connections that were opened until now are lost."""
        self._forgiven_s = time.monotonic()
        self.failure = ""

    def ask(self, within_s: float = GIVE_UP_WITHIN_S) -> str:
        """The failure after a question that began after this call, or after `within_s`."""
        wanted, deadline = self._answers + 2, time.monotonic() + within_s
        while self._thread.is_alive() and self._answers < wanted and not self.failure and time.monotonic() < deadline:
            self._hurry = True
            time.sleep(NAP_S)
        return self.failure

    def _work(self) -> None:
        asyncio.run(self._watch())

    async def _watch(self) -> None:
        while not self._ending.is_set():
            begun_s = time.monotonic()
            try:
                connection = await asyncpg.connect(self._url, timeout=self._within_s)
                try:
                    await self._ask_on(connection)
                finally:
                    connection.terminate()
            except LOSSES as error:
                if begun_s > self._forgiven_s:
                    self.failure = self.failure or self._lost(error)
            except Exception as error:  # noqa: BLE001 - a watch that ends unnoticed would watch nothing
                self.failure = self.failure or f"the watch of it failed ({type(error).__name__}: {error})"
            await self._pause()

    async def _ask_on(self, connection: Connection) -> None:
        while not self._ending.is_set():
            await connection.execute("BEGIN", timeout=self._within_s)
            for _ in range(QUESTIONS_A_TRANSACTION):
                await connection.execute(QUESTION, timeout=self._within_s)
                self._answers += 1
                await self._pause()
                if self._ending.is_set():
                    return
            await connection.execute("COMMIT", timeout=self._within_s)

    async def _pause(self) -> None:
        until_s = time.monotonic() + self._every_s
        while not (self._ending.is_set() or self._hurry) and (left_s := until_s - time.monotonic()) > 0:
            await asyncio.sleep(min(NAP_S, left_s))
        self._hurry = False

    def _lost(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"it did not answer within {self._within_s:g} s"
        first_line = (str(error).splitlines() or ["no reason given"])[0]
        return f"the connection to it was lost ({type(error).__name__}: {first_line})"
