"""Lets others wait for work that is done in rounds, one at a time: what is asked for in one is done in a later one."""

import asyncio
from collections.abc import Iterable


class Rounds:
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
