"""Does things when they fall due: hands attempts to the sender and calls planned work, in order of time.

One greenlet sleeps until the next due time and never spins, since the subject needs the core. The event loop rounds its
timers up to whole milliseconds unless answers wake it sooner; an exact timer (timerfd) halved the median lateness and
cost 15 µs more per event, since events of one millisecond are then no longer begun together. Plans of any length are
fed lazily, so that only what is near takes part in the heap.

Quantiles of how late things began, in bounded memory: by 1/15 ms up to a quarter of a second, then coarser.
"""

import heapq
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import gevent

from stockstorm.simulator.clock import SECOND_NS, Clock
from stockstorm.simulator.delivery.attempts import Outgoing, Sender

_FINE_SHIFT = 16  # 65.5 µs
_FINE = 4_096  # buckets of that width; beyond them each doubling is one bucket


class Lateness:
    """A histogram of nanoseconds. Early counts as 0."""

    def __init__(self) -> None:
        self._counts = [0] * (_FINE + 64)
        self.count = 0
        self.max_ns = 0

    def add(self, late_ns: int) -> None:
        """Counts one value."""
        self.count += 1
        if late_ns > self.max_ns:  # noqa: PLR1730 - a call of max costs more than all the rest
            self.max_ns = late_ns
        bucket = late_ns >> _FINE_SHIFT
        if bucket >= _FINE:
            bucket = _FINE + bucket.bit_length()
        self._counts[bucket if bucket > 0 else 0] += 1

    def quantile_ns(self, share: float) -> int:
        """The value that this share of all does not exceed, rounded up to its bucket's end; 0 when there is none."""
        wanted, seen = share * self.count, 0
        for bucket, counted in enumerate(self._counts):
            seen += counted
            if counted and seen >= wanted:
                return min(self.max_ns, _bucket_end(bucket))
        return self.max_ns


def _bucket_end(bucket: int) -> int:
    """The greatest value in a bucket."""
    if bucket >= _FINE:
        return ((1 << (bucket - _FINE)) << _FINE_SHIFT) - 1
    return ((bucket + 1) << _FINE_SHIFT) - 1


Work = Callable[[int], object]  # called with the time
Thing = Outgoing | Work

_NEVER_NS = 1 << 62
BATCH_MAX = 32  # things done before answers are read again, however late the dispatcher is


class Dispatcher:
    """`at` and `feed` say what is to be done when; `run` does it, in the calling greenlet, until stopped or failed."""

    def __init__(self, clock: Clock, pool: Sender) -> None:
        self._clock = clock
        self._pool = pool
        self._heap: list[tuple[int, int, Thing]] = []
        self._ties = count()
        self._feeds: dict[
            int, Iterator[tuple[int, Work]]
        ] = {}  # by the tie of the item that stands in the heap for each
        self._greenlet: Any = None  # the one in `run`
        self._wakes_ns: int | None = None  # asleep until then; None while running
        self._stopping = False
        self._failure: BaseException | None = None
        self.lateness = Lateness()  # of everything begun: now − due

    def __len__(self) -> int:
        """Things that are scheduled, counting each feed once."""
        return len(self._heap)

    def at(self, due_ns: int, thing: Thing) -> None:
        """Schedules one thing; what is due already is done in the next round, never within this call."""
        heapq.heappush(self._heap, (due_ns, next(self._ties), thing))
        if self._wakes_ns is not None and due_ns < self._wakes_ns:
            self._wake()

    def feed(self, items: Iterator[tuple[int, Work]]) -> None:
        """Merges a stream that is sorted by due time; its next item is drawn when the one before has been begun."""
        self._draw(items)

    def run(self) -> None:
        """Until `stop`. Raises what a planned call raised, or what `fail` was given."""
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
        """Ends `run` after the thing at hand; what is scheduled stays undone."""
        self._stopping = True
        if self._wakes_ns is not None:
            self._wake()

    def fail(self, error: BaseException) -> None:
        """Makes `run` raise the error: how a callback that must not raise, such as the sender's, stops a run."""
        if self._failure is None:
            self._failure = error
        self.stop()

    def _begin_due(self) -> int | None:
        """Begins what is due, at most a batch; gives the next due time, None when nothing is scheduled."""
        heap, clock, submit = self._heap, self._clock, self._pool.submit
        for _ in range(BATCH_MAX):
            if not heap or self._stopping:
                break
            now_ns = clock()
            due_ns = heap[0][0]
            if due_ns > now_ns:
                return due_ns
            _, tie, thing = heapq.heappop(heap)
            self.lateness.add(now_ns - due_ns)
            if isinstance(thing, Outgoing):
                submit(thing)
                continue
            if tie in self._feeds:
                self._draw(self._feeds.pop(tie))
            thing(now_ns)
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
        """Lets others run until the time has come, or something earlier is scheduled.

        What is overdue waits for a timer of no time too: the event loop then reads answers first, which it would not do
        between callbacks.
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
