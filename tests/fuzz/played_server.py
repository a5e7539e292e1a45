"""The played APIs as a process: `python -m tests.fuzz.played_server REPORT`. Prints its port, ends at SIGTERM.

It measures each call by the processor time of its thread, in units of a loop of plain Python, because milliseconds of a
busy machine say little. A call that is slower than others is compared with a loop right behind it. The slowest are
repeated at the end with an empty cache of documents, each beside the loop, and the fastest round counts. REPORT
receives them as JSON.
"""

import gc
import heapq
import signal
import sys
import time
from pathlib import Path
from typing import Final

import gevent
import msgspec

from stockstorm.loadtests.generator.garbage import collect_between_calls, keep_pauses_short
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.api.http_server import LOOPBACK, make_server
from tests.fuzz.played import Played

KEPT: Final = 12  # slowest calls
ROUNDS: Final = 5
LOOP: Final = 200_000  # additions; some 10 ms on the machine for which the bound of 50 ms was set
LOOPS_MAX: Final = 5.0  # so the bound is five loops


class Slow(msgspec.Struct, frozen=True):
    """A slow call: in milliseconds and in loops when it was made, and in loops when repeated."""

    first_ms: float
    first_loops: float
    loops: float
    path: str
    body: str


class Report(msgspec.Struct, frozen=True):
    calls: int
    slow: list[Slow]


class Timed:
    """The played APIs, with the slowest calls."""

    def __init__(self) -> None:
        self._played = Played()
        self._calls = 0
        self._least_ms = loop_ms()
        self._slowest: list[tuple[float, float, int, ApiRequest]] = []  # loops, milliseconds

    def handle(self, request: ApiRequest) -> ApiReply:
        self._calls += 1
        cost = self._played.call(request)
        self._played.check_facts()
        if len(self._slowest) < KEPT or cost.ms > self._slowest[0][0] * self._least_ms:
            loop = loop_ms()
            self._least_ms = min(self._least_ms, loop)
            heapq.heappush(self._slowest, (cost.ms / loop, cost.ms, self._calls, request))
            if len(self._slowest) > KEPT:
                heapq.heappop(self._slowest)
        return cost.reply

    def report(self) -> Report:
        slowest = sorted(self._slowest, reverse=True, key=lambda entry: entry[0])
        slow = [self._repeated(loops, ms, request) for loops, ms, _, request in slowest]
        return Report(self._calls, slow)

    def _repeated(self, first_loops: float, first_ms: float, request: ApiRequest) -> Slow:
        rounds: list[float] = []
        for _ in range(ROUNDS):
            self._played.forget_documents()
            gc.collect()
            rounds.append(self._played.call(request).ms / loop_ms())
        return Slow(
            first_ms, first_loops, min(rounds), request.path[:200], request.body[:20_000].decode("utf-8", "replace")
        )


def loop_ms() -> float:
    """The processor time of the loop now."""
    begun_ns, total = time.thread_time_ns(), 0
    for number in range(LOOP):
        total += number * number % 7
    return (time.thread_time_ns() - begun_ns) / 1e6


def main() -> None:
    timed = Timed()
    server = make_server(LOOPBACK, 0, timed.handle)
    server.start()
    keep_pauses_short()  # both as the generator does at its start
    gevent.spawn(collect_between_calls)
    print(server.server_port, flush=True)
    stop = gevent.event.Event()
    gevent.signal_handler(signal.SIGTERM, stop.set)
    stop.wait()
    server.stop(1.0)
    Path(sys.argv[1]).write_bytes(msgspec.json.encode(timed.report()))


if __name__ == "__main__":
    main()
