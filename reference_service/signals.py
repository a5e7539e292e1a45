"""How the parts of a worker wake each other after a commit, without asking the database."""

import asyncio
from collections.abc import Callable, Iterable

from reference_service.rounds import Rounds

WRITTEN = "written"  # what a round of writes has done when no effect waits any more


class Signals:
    """`master` wakes whoever talks to the Admin API; `doubt` says that levels have to be read again; `writes` are the
    rounds of writing to the master, done when nothing waits.
    """

    def __init__(self) -> None:
        self.master = asyncio.Event()
        self.doubt = False
        self.writes = Rounds()
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
