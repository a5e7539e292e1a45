"""Runs work when it falls due, in order of time: hands attempts to the sender and calls planned work.

One greenlet sleeps until the next due time. It never spins, because the subject needs the core. The event loop rounds
its timers up to whole milliseconds unless an answer wakes it sooner. An exact timer (timerfd) halved the median
lateness and cost 15 µs more per event, because events of one millisecond were then no longer started together. A plan
is read lazily, so the heap holds only its next item.
"""

import heapq
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import gevent

from stockstorm.simulator.clock import SECOND_NS, Clock
from stockstorm.simulator.delivery.attempts import Outgoing, Sender

Work = Callable[[int], object]  # called with the time
Task = Outgoing | Work

_NEVER_NS = 1 << 62
BATCH_MAX = 32  # tasks started before answers are read again, even when the dispatcher is late


class Dispatcher:
    """`at` and `feed` schedule tasks; `run` starts them, in the calling greenlet, until it is stopped or one fails."""

    def __init__(self, clock: Clock, pool: Sender) -> None:
        self._clock = clock
        self._pool = pool
        self._heap: list[tuple[int, int, Task]] = []
        self._ties = count()
        self._feeds: dict[int, Iterator[tuple[int, Work]]] = {}  # by the tie of its next item, which is in the heap
        self._greenlet: Any = None  # the one in `run`
        self._wakes_ns: int | None = None  # asleep until then; None while running
        self._stopping = False
        self._failure: BaseException | None = None

    def __len__(self) -> int:
        """The number of scheduled tasks, each feed counted as one."""
        return len(self._heap)

    def at(self, due_ns: int, task: Task) -> None:
        """Schedules one task. A task that is already due starts in the next round, never within this call."""
        heapq.heappush(self._heap, (due_ns, next(self._ties), task))
        if self._wakes_ns is not None and due_ns < self._wakes_ns:
            self._wake()

    def feed(self, items: Iterator[tuple[int, Work]]) -> None:
        """Adds a stream that is sorted by due time. Its next item is drawn when the previous one has started."""
        self._draw(items)

    def run(self) -> None:
        """Runs until `stop`. Raises the error of a task, or the one given to `fail`."""
        hub = gevent.get_hub()
        self._greenlet = gevent.getcurrent()
        self._hub, self._timer = hub, hub.loop.timer(0)
        try:
            while not self._stopping:
                self._sleep(self._begin_due())
        finally:
            self._timer.close()
            self._greenlet = None
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Ends `run` after the current task. Scheduled tasks are not run."""
        self._stopping = True
        if self._wakes_ns is not None:
            self._wake()

    def fail(self, error: BaseException) -> None:
        """Makes `run` raise the error. A callback that must not raise, such as the sender's, stops a run by this."""
        if self._failure is None:
            self._failure = error
        self.stop()

    def _begin_due(self) -> int | None:
        """Starts due tasks, at most a batch. Returns the next due time, None when nothing is scheduled."""
        heap, clock, submit = self._heap, self._clock, self._pool.submit
        for _ in range(BATCH_MAX):
            if not heap or self._stopping:
                break
            now_ns = clock()
            due_ns = heap[0][0]
            if due_ns > now_ns:
                return due_ns
            _, tie, task = heapq.heappop(heap)
            if isinstance(task, Outgoing):
                submit(task)
                continue
            if tie in self._feeds:
                self._draw(self._feeds.pop(tie))
            task(now_ns)
        return heap[0][0] if heap else None

    def _draw(self, items: Iterator[tuple[int, Work]]) -> None:
        item = next(items, None)
        if item is None:
            return
        tie = next(self._ties)
        self._feeds[tie] = items
        heapq.heappush(self._heap, (item[0], tie, item[1]))
        if self._wakes_ns is not None and item[0] < self._wakes_ns:
            self._wake()

    def _sleep(self, until_ns: int | None) -> None:
        """Lets other greenlets run until then, or until an earlier task is scheduled.

        An overdue task also waits, for a timer of zero length, because the event loop then reads answers first. It does
        not between callbacks.
        """
        if self._stopping:
            return
        self._wakes_ns = _NEVER_NS if until_ns is None else until_ns
        if until_ns is not None:
            self._timer.close()
            self._timer = self._hub.loop.timer(max(0, until_ns - self._clock()) / SECOND_NS)
            self._timer.start(self._woken, update=True)
        self._hub.switch()

    def _wake(self) -> None:
        self._wakes_ns = None  # one cause for one wake
        self._timer.stop()
        self._hub.loop.run_callback(self._woken)

    def _woken(self) -> None:
        self._wakes_ns = None
        if self._greenlet is not None:
            self._greenlet.switch()
