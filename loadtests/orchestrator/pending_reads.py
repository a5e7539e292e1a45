"""Reads of what the subject has pending, during the wait for rest: by its probe, and in its queue.

They run in a thread of their own, because a stopped process takes its whole time limit to not answer, and the
orchestrator's loop must go on watching. The loop fetches the finished reads and passes them on.
"""

import queue
import threading
import time
from collections.abc import Callable

from stockstorm.loadtests.ipc.messages import PendingCounted
from stockstorm.loadtests.limits import READ_SHARE_MAX, REST_CONFIRM_S
from stockstorm.loadtests.subjects import Pending
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.errors import BackingError

READS_KEPT_MAX = 100  # the loop fetches them several times a second
QUEUE = "queue"  # the name of a queue that does not answer


class PendingReader:
    """Reads again and again from `start` to `stop`.

    It ends by itself after a read that shows that the subject has neither a probe nor a visible queue.
    """

    def __init__(self, probe: Callable[[], Pending]) -> None:
        self._probe = probe
        self._depth: Callable[[], int] | None = None
        self._reads: queue.Queue[PendingCounted] = queue.Queue(READS_KEPT_MAX)
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, depth: Callable[[], int] | None = None) -> None:
        """Begins. Does nothing when called again. `depth` counts the messages in the queue, or raises BackingError."""
        if self._thread is None:
            self._depth = depth
            self._thread = threading.Thread(target=self._run, name="pending reads", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Begins no further read. One under way is left to end by its own time limit."""
        self._stopped.set()

    def fetch(self) -> list[PendingCounted]:
        """The reads that have ended since the last call, in order."""
        found = []
        while not self._reads.empty():
            found.append(self._reads.get_nowait())
        return found

    def _run(self) -> None:
        while not self._stopped.is_set():
            read = self.read()
            if self._stopped.is_set() or self._reads.full():
                return
            self._reads.put(read)
            if not read.visible and not read.silent:
                return
            took_s = (read.ended_ns - read.began_ns) / SECOND_NS
            self._stopped.wait(max(REST_CONFIRM_S, took_s * (1 / READ_SHARE_MAX - 1)))

    def read(self) -> PendingCounted:
        """One read of both."""
        began_ns = time.monotonic_ns()
        found = self._probe()
        silent, depth = found.silent, None
        try:
            depth = self._depth() if self._depth is not None else None
        except BackingError:
            silent = (*silent, QUEUE)
        return PendingCounted(began_ns, time.monotonic_ns(), found.count, depth, silent)
