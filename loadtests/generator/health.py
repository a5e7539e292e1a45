"""How many connections this process may hold: our own bound, or what the operating system allows it.

The generator's own health, once a second: how long the event loop stayed away, connections, queues, memory.
"""

import os
import resource
from collections.abc import Callable
from typing import Any

import gevent

from stockstorm.simulator.clock import Clock
from stockstorm.simulator.history.facts import AnyFact, GeneratorSampled
from stockstorm.simulator.limits import CONNECTIONS_MAX, RSS_MAX_BYTES

SPARE = 200  # for files, pipes and the connections of the subject to the played APIs


def connections_allowed() -> int:
    """Raises the soft limit of open files as far as the hard one allows, and gives the bound for the pool."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_MAX + SPARE
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(CONNECTIONS_MAX, soft - SPARE))


BEAT_S = 0.01
SAMPLE_NS = 1_000_000_000


class GeneratorHealth:
    """A greenlet that beats every 10 ms and notes the largest gap between two beats."""

    def __init__(
        self, clock: Clock, pool: Any, journal: Any, write: Callable[[list[AnyFact]], None], stop: Callable[[str], None]
    ) -> None:
        self._clock, self._pool, self._journal = clock, pool, journal
        self._write, self._stop = write, stop
        self._resident_max = resident_max_bytes(_physical_bytes())
        self._greenlet: Any = None

    def start(self) -> None:
        self._greenlet = gevent.spawn(self._beat)

    def close(self) -> None:
        if self._greenlet is not None:
            self._greenlet.kill()

    def _beat(self) -> None:
        last = sampled = self._clock()
        gap_max = 0
        while True:
            gevent.sleep(BEAT_S)
            now = self._clock()
            gap_max = max(gap_max, now - last - int(BEAT_S * 1e9))
            last = now
            if now - sampled >= SAMPLE_NS:
                self._sample(now, now - sampled, gap_max)
                sampled, gap_max = now, 0

    def _sample(self, now: int, interval_ns: int, gap_max: int) -> None:
        self._write(
            [
                GeneratorSampled(
                    at_ns=now,
                    interval_ns=interval_ns,
                    hub_gap_max_ns=gap_max,
                    connections=self._pool.connections,
                    connections_max=self._pool.connections_max,
                    waiting_attempts=self._pool.waiting,
                    journal_backlog=self._journal.backlog,
                )
            ]
        )
        if (resident := _resident_bytes()) > self._resident_max:
            self._stop(f"the generator holds {resident >> 20} MiB, above its bound of {self._resident_max >> 20} MiB")


def resident_max_bytes(physical: int) -> int:
    """How much the generator may hold on a machine with so many bytes: half, since subject and database need theirs."""
    return min(RSS_MAX_BYTES, physical // 2)


def _physical_bytes() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGESIZE")


def _resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - a pseudo file, read every second
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
