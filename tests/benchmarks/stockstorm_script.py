"""One measured run of Stockstorm's generator: plan, world, deliveries, dispatcher, pool and journal in one process.

`python -m tests.benchmarks.stockstorm_script --url URL --rate R --seconds S --journal PATH` prints an `Outcome`, JSON.
CPU time counts from the due time of the first event to the last answer. Planning is added. The time of the world is
subtracted and reported separately.
"""

import locust  # isort: skip  # noqa: F401 - the first import, as in the process of a live run: it patches for gevent
import argparse
import gc
import json
import os
import resource
import sys
import time
from array import array
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import gevent
import msgspec
from locust.env import Environment

from stockstorm.loadtests.generator.figures import LocustStatistics
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import WorldConfig
from stockstorm.simulator.delivery.attempts import Answer, Outgoing
from stockstorm.simulator.delivery.service import Dispatch
from stockstorm.simulator.io.dispatcher import Dispatcher, Work
from stockstorm.simulator.io.journal import Journal
from stockstorm.simulator.io.senders.pool import ConnectionPool
from stockstorm.simulator.plan.items import AnyPlanItem, Plan
from stockstorm.simulator.plan.planner import make_plan
from tests.benchmarks.load import SEED, config_for, make_delivery_service


class Outcome(msgspec.Struct, frozen=True):
    """What one run came to. Processor times are of the whole process, user and system."""

    rate: float
    seconds: float
    acknowledged: int
    failed: int
    body_bytes_mean: float
    cpu_us: float  # per acknowledged event, planning included, the world's share taken off
    world_us: float
    planning_us: float
    lateness_p50_ms: float  # started − free, with due as planned
    lateness_p99_ms: float
    lateness_max_ms: float
    ack_p50_ms: float
    ack_p99_ms: float
    connections: int
    drained_after_s: float  # last answer after the last event was due


def cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def quantile_ms(values_ns: "array[int]", share: float) -> float:
    """The smallest value that this share of all does not exceed, in milliseconds; 0 when there is none."""
    return quantile(sorted(values_ns), share) / 1e6 if values_ns else 0.0


class Generator:
    """The parts of a live run, wired in the same way, with counters instead of figures."""

    def __init__(self, url: str, config: WorldConfig, plan: Plan, journal: Journal, *, statistics: bool) -> None:
        self._clock = time.monotonic_ns
        self._plan = plan
        self.world, self.deliveries = make_delivery_service(url, config)
        self.pool = ConnectionPool(self._clock, self._answered, 8_000)
        self._dispatcher = Dispatcher(self._clock, self.pool)
        self._journal = journal
        self._statistics = LocustStatistics(Environment().events.request.fire) if statistics else None
        self.lateness_ns, self.ack_ns = array("q"), array("q")
        self.acknowledged = self.failed = 0
        self.body_bytes = self.world_ns = 0
        self._left = len(plan.items)
        self._last_ns = 0

    def run(self) -> float:
        """Plays the plan; gives the processor seconds from the first event to the last answer."""
        self._journal.write(self.world.opening(0))
        gc.collect()
        gc.freeze()
        start_ns = self._clock() + SECOND_NS // 5
        self._dispatcher.feed(self._items(start_ns))
        gevent.sleep(0.15)
        before = cpu_s()
        running = gevent.spawn(self._dispatcher.run)
        while self._left or self.deliveries.pending:
            gevent.sleep(0.1)
        after = cpu_s()
        self._dispatcher.stop()
        running.get(timeout=5)
        self.drained_after_s = (self._last_ns - start_ns - self._plan.duration_ns) / SECOND_NS
        self.pool.close(1.0)
        return after - before

    def _items(self, start_ns: int) -> Iterator[tuple[int, Work]]:
        for item in self._plan.items:
            due_ns = start_ns + item.offset_ns
            yield due_ns, partial(self._apply, item, due_ns)

    def _apply(self, item: AnyPlanItem, due_ns: int, _now_ns: int) -> None:
        before_ns = time.thread_time_ns()
        changes = self.world.apply(item, due_ns)
        self.world_ns += time.thread_time_ns() - before_ns
        self._left -= 1
        self._journal.write(changes.facts)
        self._dispatch(self.deliveries.fire(changes.events, due_ns, due_ns))

    def _dispatch(self, dispatch: Dispatch) -> None:
        self._journal.write(dispatch.facts)
        now = self._clock()
        for outgoing in dispatch.attempts:
            if outgoing.due_ns <= now:
                self.pool.submit(outgoing)
            else:
                self._dispatcher.at(outgoing.due_ns, outgoing)

    def _answered(self, outgoing: Outgoing, answer: Answer) -> None:
        try:
            if self._statistics is not None:
                topic, _ = self.deliveries.described(outgoing)
                self._statistics.answered(topic, False, answer, outgoing.due_ns)
            self._dispatch(self.deliveries.answered(outgoing, answer))
            self.lateness_ns.append(answer.started_ns - answer.free_ns)
            self.body_bytes += len(outgoing.body)
            self._last_ns = answer.ended_ns
            if 200 <= answer.status < 300 and not answer.error:
                self.acknowledged += 1
                self.ack_ns.append(answer.answered_ns - outgoing.due_ns)
            else:
                self.failed += 1
        except Exception as error:  # noqa: BLE001 - the callback must not raise; the dispatcher ends the run
            self._dispatcher.fail(error)


def measure(url: str, rate: float, seconds: float, journal_path: Path, *, statistics: bool) -> Outcome:
    """Plans, plays and measures one run."""
    config = config_for(rate, seconds)
    before = cpu_s()
    plan = make_plan("benchmark", config, SEED)
    planning_s = cpu_s() - before
    with Journal(journal_path) as journal:
        generator = Generator(url, config, plan, journal, statistics=statistics)
        used_s = generator.run()
    world_s = generator.world_ns / SECOND_NS
    events = max(1, generator.acknowledged)
    return Outcome(
        rate=rate,
        seconds=seconds,
        acknowledged=generator.acknowledged,
        failed=generator.failed,
        body_bytes_mean=generator.body_bytes / max(1, generator.acknowledged + generator.failed),
        cpu_us=(used_s + planning_s - world_s) / events * 1e6,
        world_us=world_s / events * 1e6,
        planning_us=planning_s / events * 1e6,
        lateness_p50_ms=quantile_ms(generator.lateness_ns, 0.5),
        lateness_p99_ms=quantile_ms(generator.lateness_ns, 0.99),
        lateness_max_ms=quantile_ms(generator.lateness_ns, 1.0),
        ack_p50_ms=quantile_ms(generator.ack_ns, 0.5),
        ack_p99_ms=quantile_ms(generator.ack_ns, 0.99),
        connections=generator.pool.connections_peak,
        drained_after_s=generator.drained_after_s,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--no-statistics", action="store_true", help="leave out Locust's own statistics")
    arguments = parser.parse_args()
    outcome = measure(
        arguments.url, arguments.rate, arguments.seconds, arguments.journal, statistics=not arguments.no_statistics
    )
    arguments.journal.unlink()
    sys.stdout.write(json.dumps(msgspec.to_builtins(outcome)) + "\n")
    sys.stdout.flush()
    os._exit(0)  # thousands of parked greenlets need no farewell


if __name__ == "__main__":
    main()
