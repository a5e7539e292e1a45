"""Broker messages that a worker has received and not yet settled: a bounded buffer, and their leases."""

import asyncio
from collections import deque
from collections.abc import Iterable

import msgspec

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.queues.base import Message


class Prefetched(msgspec.Struct):
    """A message, the handles of all its deliveries to this worker, and the broker's highest delivery count."""

    message: Message
    handles: list[str]
    receives: int

    @property
    def is_ignored(self) -> bool:
        """Whether the service does nothing for this topic."""
        return self.message.work_type is WorkType.IGNORED


class Leases:
    """The handles leased to this worker, each with the start of its lease (seconds of a monotonic clock)."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def begin(self, handles: Iterable[str], now_s: float) -> None:
        """Starts or renews the leases of these handles."""
        self._since |= dict.fromkeys(handles, now_s)

    def end(self, handles: Iterable[str]) -> None:
        """Forgets these handles: they were deleted or released."""
        for handle in handles:
            self._since.pop(handle, None)

    def all(self) -> list[str]:
        """All handles with a lease."""
        return list(self._since)

    def to_renew(self, now_s: float) -> list[str]:
        """The handles in the second half of their lease. Handles whose lease has ended are forgotten."""
        self.end([handle for handle, since_s in self._since.items() if now_s - since_s > limits.LEASE_S])
        return [handle for handle, since_s in self._since.items() if now_s - since_s > limits.LEASE_S / 2]


class PrefetchBuffer:
    """Messages that wait for a claim, oldest first within each work type."""

    def __init__(self) -> None:
        self._waiting: dict[WorkType, deque[Prefetched]] = {work_type: deque() for work_type in WorkType}
        self._arrived = {work_type: asyncio.Event() for work_type in WorkType}
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._count = 0

    def add(self, prefetched: Prefetched) -> None:
        """Appends a message to those of its work type."""
        self._waiting[prefetched.message.work_type].append(prefetched)
        self._change_count(+1)
        # No loop claims ignored messages; the claims of other work types take them along.
        self._arrived[WorkType.SHOP if prefetched.is_ignored else prefetched.message.work_type].set()

    def take(self, work_type: WorkType, limit: int) -> list[Prefetched]:
        """Removes and returns the oldest messages of the work type, at most `limit`."""
        waiting = self._waiting[work_type]
        taken = [waiting.popleft() for _ in range(min(limit, len(waiting)))]
        self._change_count(-len(taken))
        return taken

    def put_back(self, taken: Iterable[Prefetched]) -> None:
        """Returns messages to the front of their work types, in the same order."""
        for prefetched in reversed(list(taken)):
            self._waiting[prefetched.message.work_type].appendleft(prefetched)
            self._change_count(+1)

    async def wait_for_room(self) -> None:
        """Returns when the buffer is not full."""
        await self._has_room.wait()

    async def wait(self, work_type: WorkType, timeout_s: float) -> None:
        """Returns when the work type may have new messages, or after `timeout_s` seconds."""
        arrived = self._arrived[work_type]
        if not self._waiting[work_type]:
            try:
                async with asyncio.timeout(timeout_s):
                    await arrived.wait()
            except TimeoutError:
                pass
        arrived.clear()

    def _change_count(self, change: int) -> None:
        self._count += change
        if self._count < limits.PREFETCH_MAX:
            self._has_room.set()
        else:
            self._has_room.clear()
