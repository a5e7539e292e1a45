"""What the worker holds of a broker's queue in memory, by lane: a bounded buffer between receivers and claims."""

import asyncio
from collections import deque
from collections.abc import Iterable

import msgspec

from reference_service import limits
from reference_service.queues import Message
from reference_service.topics import Lane


class Held(msgspec.Struct):
    """A message with every handle under which the broker gave it to us, and the highest count of its hand-outs."""

    message: Message
    handles: list[str]
    receives: int

    @property
    def is_unused(self) -> bool:
        """Whether the topic asks nothing of us."""
        return self.message.lane is Lane.IGNORED


class Leases:
    """The handles that the broker keeps from others for us, and since when (seconds of a monotonic clock)."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def begin(self, handles: Iterable[str], now_s: float) -> None:
        """These are ours from now, or again from now."""
        self._since |= dict.fromkeys(handles, now_s)

    def end(self, handles: Iterable[str]) -> None:
        """These are done with or given back."""
        for handle in handles:
            self._since.pop(handle, None)

    def all(self) -> list[str]:
        return list(self._since)

    def to_renew(self, now_s: float) -> list[str]:
        """Those in the second half of their time. Those beyond it are lost already and forgotten here."""
        self.end([handle for handle, since_s in self._since.items() if now_s - since_s > limits.LEASE_S])
        return [handle for handle, since_s in self._since.items() if now_s - since_s > limits.LEASE_S / 2]


class Holding:
    """Messages that wait for a claim, oldest first in each lane."""

    def __init__(self) -> None:
        self._lanes: dict[Lane, deque[Held]] = {lane: deque() for lane in Lane}
        self._woken = {lane: asyncio.Event() for lane in Lane}
        self._room = asyncio.Event()
        self._room.set()
        self._count = 0

    def add(self, held: Held) -> None:
        """Takes it in behind the others of its lane."""
        self._lanes[held.message.lane].append(held)
        self._counted(+1)
        # Nobody works on the lane of unused topics; the claims of another lane take them along.
        self._woken[Lane.SHOP if held.is_unused else held.message.lane].set()

    def take(self, lane: Lane, limit: int) -> list[Held]:
        """The oldest of the lane, at most `limit`."""
        waiting = self._lanes[lane]
        taken = [waiting.popleft() for _ in range(min(limit, len(waiting)))]
        self._counted(-len(taken))
        return taken

    def put_back(self, helds: Iterable[Held]) -> None:
        """Before the others of their lanes, in their order."""
        for held in reversed(list(helds)):
            self._lanes[held.message.lane].appendleft(held)
            self._counted(+1)

    async def until_room(self) -> None:
        """Returns when receivers may bring more."""
        await self._room.wait()

    async def wait(self, lane: Lane, timeout_s: float) -> None:
        """Returns when the lane may hold something new, or after `timeout_s`."""
        woken = self._woken[lane]
        if not self._lanes[lane]:
            try:
                async with asyncio.timeout(timeout_s):
                    await woken.wait()
            except TimeoutError:
                pass
        woken.clear()

    def _counted(self, change: int) -> None:
        self._count += change
        if self._count < limits.HELD_MAX:
            self._room.set()
        else:
            self._room.clear()
