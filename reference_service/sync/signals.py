"""How the parts of a worker wake each other after a commit, without polling the database."""

import asyncio
from collections.abc import Callable, Iterable

ALL_WRITTEN = "all written"  # completed by a pass of writes after which no effect waits


class CompletionBarrier:
    """Lets others wait for work that is done in passes, one pass at a time.

    An item counts as done only if it was completed by a pass that began after the caller asked. `begun` is the number
    of passes so far; read it first and give it to `wait_for`.
    """

    def __init__(self) -> None:
        self.begun = 0
        self._completed_by: dict[str, int] = {}  # item -> the last pass that completed it
        self._ended = asyncio.Event()

    def begin(self) -> None:
        """Begins a pass."""
        self.begun += 1

    def end(self, completed: Iterable[str]) -> None:
        """Ends the pass, which completed these items, and wakes every waiter."""
        self._completed_by.update(dict.fromkeys(completed, self.begun))
        ended, self._ended = self._ended, asyncio.Event()
        ended.set()

    async def wait_for(self, items: Iterable[str], after: int) -> None:
        """Returns when each item was completed by a pass with a number above `after`."""
        items = list(items)
        while any(self._completed_by.get(item, 0) <= after for item in items):
            await self._ended.wait()


class Signals:
    """Wakes the loop that calls the Admin API, and reports changed SKUs to the listing pushers.

    `admin_work` is set when there is something to write or to read. `reread_requested`: some level has to be read
    again. `writes`: the passes of writing to Shopify.
    """

    def __init__(self) -> None:
        self.admin_work = asyncio.Event()
        self.reread_requested = False
        self.writes = CompletionBarrier()
        self._listeners: list[Callable[[Iterable[str]], None]] = []

    def on_stock_changed(self, listener: Callable[[Iterable[str]], None]) -> None:
        """Calls `listener` with every SKU whose quantity may have changed."""
        self._listeners.append(listener)

    def stock_changed(self, skus: Iterable[str]) -> None:
        """The quantity of these SKUs may have changed."""
        for listener in self._listeners:
            listener(skus)

    def request_write(self) -> None:
        """There are effects to write to Shopify."""
        self.admin_work.set()

    def request_reread(self) -> None:
        """Some level has to be read again."""
        self.reread_requested = True
        self.admin_work.set()
