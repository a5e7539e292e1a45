"""What the worker holds of a broker's queue in memory, by work_type: a bounded buffer between receivers and claims."""

import asyncio
from collections import deque
from collections.abc import Iterable

import msgspec

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.queues.base import Message


class PrefetchBuffer(msgspec.Struct):
    """A message with every handle under which the broker gave it to us, and the highest count of its hand-outs."""

    message: Message
    handles: list[str]
    receives: int

    @property
    def is_unused(self) -> bool:
        """Whether the topic asks nothing of us."""
        return self.message.work_type is WorkType.IGNORED


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
    """Messages that wait for a claim, oldest first in each work_type."""

    def __init__(self) -> None:
        self._lanes: dict[WorkType, deque[PrefetchBuffer]] = {work_type: deque() for work_type in WorkType}
        self._woken = {work_type: asyncio.Event() for work_type in WorkType}
        self._room = asyncio.Event()
        self._room.set()
        self._count = 0

    def add(self, held: PrefetchBuffer) -> None:
        """Takes it in behind the others of its work_type."""
        self._lanes[held.message.work_type].append(held)
        self._counted(+1)
        # Nobody works on the work_type of unused topics; the claims of another work_type take them along.
        self._woken[WorkType.SHOP if held.is_unused else held.message.work_type].set()

    def take(self, work_type: WorkType, limit: int) -> list[PrefetchBuffer]:
        """The oldest of the work_type, at most `limit`."""
        waiting = self._lanes[work_type]
        taken = [waiting.popleft() for _ in range(min(limit, len(waiting)))]
        self._counted(-len(taken))
        return taken

    def put_back(self, helds: Iterable[PrefetchBuffer]) -> None:
        """Before the others of their work_types, in their order."""
        for held in reversed(list(helds)):
            self._lanes[held.message.work_type].appendleft(held)
            self._counted(+1)

    async def until_room(self) -> None:
        """Returns when receivers may bring more."""
        await self._room.wait()

    async def wait(self, work_type: WorkType, timeout_s: float) -> None:
        """Returns when the work_type may hold something new, or after `timeout_s`."""
        woken = self._woken[work_type]
        if not self._lanes[work_type]:
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
