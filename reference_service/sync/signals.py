"""Lets others wait for work that is done in rounds, one at a time: what is asked for in one is done in a later one.

How the parts of a worker wake each other after a commit, without asking the database.
"""

import asyncio
from collections.abc import Callable, Iterable


class CompletionBarrier:
    """`begun` rounds so far. What a round has done, its worker says at the end."""

    def __init__(self) -> None:
        self.begun = 0
        self._done_in: dict[str, int] = {}  # the last round that did it
        self._ended = asyncio.Event()

    def begin(self) -> None:
        self.begun += 1

    def end(self, done: Iterable[str]) -> None:
        """Ends the round; all that wait look again."""
        self._done_in.update(dict.fromkeys(done, self.begun))
        ended, self._ended = self._ended, asyncio.Event()
        ended.set()

    async def done(self, wanted: Iterable[str], after: int) -> None:
        """Returns when each of `wanted` was done in a round later than `after`."""
        wanted = list(wanted)
        while any(self._done_in.get(one, 0) <= after for one in wanted):
            await self._ended.wait()


WRITTEN = "written"  # what a round of writes has done when no effect waits any more


class Signals:
    """`master` wakes whoever talks to the Admin API; `doubt` says that levels have to be read again; `writes` are the
    rounds of writing to the master, done when nothing waits.
    """

    def __init__(self) -> None:
        self.master = asyncio.Event()
        self.doubt = False
        self.writes = CompletionBarrier()
        self._listeners: list[Callable[[Iterable[str]], None]] = []

    def on_stock_changed(self, listener: Callable[[Iterable[str]], None]) -> None:
        """`listener` will hear of SKUs whose quantity may have changed."""
        self._listeners.append(listener)

    def stock_changed(self, skus: Iterable[str]) -> None:
        """What channels show of these SKUs may be wrong from now on."""
        for listener in self._listeners:
            listener(skus)

    def tell_master(self) -> None:
        """Effects wait for being written to the master."""
        self.master.set()

    def raise_doubt(self) -> None:
        """Some level has to be read again."""
        self.doubt = True
        self.master.set()
