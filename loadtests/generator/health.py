"""The generator's own health, sampled every second: event loop gaps, connections, queues, memory; and its limits."""

import os
import resource
from collections.abc import Callable
from typing import Protocol

import gevent

from stockstorm.loadtests.limits import HEALTH_INTERVAL_NS, HEARTBEAT_S, SPARE_DESCRIPTORS
from stockstorm.simulator.clock import SECOND_NS, Clock
from stockstorm.simulator.history.facts import AnyFact, GeneratorSampled
from stockstorm.simulator.limits import CONNECTIONS_MAX, RSS_MAX_BYTES

HEARTBEAT_NS = int(HEARTBEAT_S * SECOND_NS)


def connections_allowed() -> int:
    """The limit of the connection pool. Raises the soft limit of open files as far as the hard limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_MAX + SPARE_DESCRIPTORS
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(CONNECTIONS_MAX, soft - SPARE_DESCRIPTORS))


def resident_max_bytes(physical: int) -> int:
    """The generator's memory limit on a machine with `physical` bytes: at most half, the subject needs the rest."""
    return min(RSS_MAX_BYTES, physical // 2)


def resident_bytes() -> int:
    """Memory that this process holds now."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - a pseudo file, read every second
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def _physical_bytes() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGESIZE")


class PoolLoad(Protocol):
    """The connection pool, as far as it is sampled."""

    @property
    def connections(self) -> int: ...
    @property
    def connections_max(self) -> int: ...
    @property
    def waiting(self) -> int: ...


class Backlog(Protocol):
    """The journal, as far as it is sampled."""

    @property
    def backlog(self) -> int: ...


class ApiLoad(Protocol):
    """The subject's connections to the simulated APIs, as far as they are sampled."""

    @property
    def open(self) -> int: ...
    @property
    def busy(self) -> int: ...
    def take_used(self) -> int: ...


class GeneratorHealth:
    """A heartbeat every 10 ms measures how long the event loop was blocked; every second a sample is recorded.

    Memory above `resident_max` bytes aborts the run.
    """

    def __init__(
        self,
        pool: PoolLoad,
        journal: Backlog,
        api: ApiLoad,
        record: Callable[[list[AnyFact]], None],
        abort: Callable[[str], None],
        *,
        resident: Callable[[], int] = resident_bytes,
        resident_max: int | None = None,
    ) -> None:
        self._pool, self._journal, self._api = pool, journal, api
        self._record, self._abort = record, abort
        self._resident = resident
        self._resident_max = resident_max_bytes(_physical_bytes()) if resident_max is None else resident_max
        self._beat_ns = self._sampled_ns = self._gap_max_ns = 0
        self._greenlet: gevent.Greenlet | None = None

    def start(self, clock: Clock) -> None:
        """Begins the heartbeat in a greenlet of its own."""
        self.begin(clock())
        self._greenlet = gevent.spawn(self._run, clock)

    def close(self) -> None:
        if self._greenlet is not None:
            self._greenlet.kill()

    def begin(self, now_ns: int) -> None:
        """The instant from which the first gap and the first interval count."""
        self._beat_ns = self._sampled_ns = now_ns
        self._api.take_used()

    def beat(self, now_ns: int) -> None:
        """One heartbeat. It was due `HEARTBEAT_S` after the one before."""
        self._gap_max_ns = max(self._gap_max_ns, now_ns - self._beat_ns - HEARTBEAT_NS)
        self._beat_ns = now_ns
        if now_ns - self._sampled_ns >= HEALTH_INTERVAL_NS:
            self._sample(now_ns)
            self._sampled_ns, self._gap_max_ns = now_ns, 0

    def _run(self, clock: Clock) -> None:
        while True:
            gevent.sleep(HEARTBEAT_S)
            self.beat(clock())

    def _sample(self, now_ns: int) -> None:
        sample = GeneratorSampled(
            at_ns=now_ns,
            interval_ns=now_ns - self._sampled_ns,
            hub_gap_max_ns=self._gap_max_ns,
            connections=self._pool.connections,
            connections_max=self._pool.connections_max,
            waiting_attempts=self._pool.waiting,
            journal_backlog=self._journal.backlog,
            api_connections=self._api.open,
            api_idle=self._api.open - self._api.busy,
            api_used=self._api.take_used(),
        )
        self._record([sample])
        if (resident := self._resident()) > self._resident_max:
            limit = self._resident_max >> 20
            self._abort(
                f"the generator holds {resident >> 20} MiB of memory, above its limit of {limit} MiB: "
                "lower the rate, shorten the scenario, or use a machine with more memory"
            )
