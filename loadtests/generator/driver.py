"""The live run inside the Locust process: plan items fall due, the world changes, deliveries go out, answers come back.

Everything that is decided is decided in the pure core; this file only moves values between the core, the sender, the
served APIs and the journal, on one interpreter without locks.
"""

import gc
import itertools
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import gevent
import msgspec

from stockstorm.loadtests.config.run_spec import RunSpec
from stockstorm.loadtests.generator.health import GeneratorHealth, connections_allowed
from stockstorm.loadtests.generator.live_figures import LiveFigures
from stockstorm.loadtests.generator.locust_statistics import LocustStatistics
from stockstorm.loadtests.generator.quiesce import Quiet, wait_for_quiet
from stockstorm.loadtests.generator.registration import WAITING, wait_for_registrations
from stockstorm.loadtests.generator.simulated_shopify import SimulatedShopify, make_simulated_shopify
from stockstorm.loadtests.ipc.messages import FaultDue, Go, Live, Setup, Step
from stockstorm.simulator.clock import SECOND_NS, WallPair
from stockstorm.simulator.delivery.attempts import Answer, Outgoing
from stockstorm.simulator.errors import StockstormError
from stockstorm.simulator.history.facts import (
    SCHEMA_VERSION,
    AnyFact,
    LoadStopped,
    ProcessSeen,
    QuietReached,
    RunStarted,
)
from stockstorm.simulator.io.dispatcher import Dispatcher
from stockstorm.simulator.io.journal import Journal
from stockstorm.simulator.io.senders.pool import ConnectionPool
from stockstorm.simulator.io.senders.resolver import Resolver
from stockstorm.simulator.model import Event
from stockstorm.simulator.plan.items import AnyPlanItem, PlannedFault, PlannedForgery

START_DELAY_NS = SECOND_NS // 2  # between "go" and the first plan item, so that set-up work is over
QUIET_POLL_S = 0.1


class Driver:
    """Conducts one run. `session` is what Locust's users and shape read: `started`, `hosts`."""

    def __init__(
        self, setup: Setup, spec: RunSpec, environment: Any, tell: Callable[[Any], None], session: Any
    ) -> None:
        self.spec = spec
        self.scenario = spec.scenario
        self.reason = ""
        self.error: StockstormError | None = None  # behind the reason, if there is one
        self._session = session
        self._closing = self._finished = False
        self._unmended = 0  # faults of the plan whose process is not back
        self._tell = tell
        self._clock = time.monotonic_ns
        self._wall = WallPair(self._clock(), time.time_ns())
        self._book = Resolver(tell=lambda error: tell(Step(text=str(error))))
        self._pool = ConnectionPool(self._clock, self._answered, connections_allowed(), book=self._book)
        self._pool.spawn = self._spawn
        self._dispatcher = Dispatcher(self._clock, self._pool)
        self._shopify: SimulatedShopify = make_simulated_shopify(
            setup, spec, self.scenario, self._wall, self._clock, self._took, self._book
        )
        try:
            self._journal = Journal(spec.history_path)
        except StockstormError:
            self._shopify.server_stop()
            raise
        self._live = LiveFigures(self._shopify.world.marketplaces)
        self._statistics = LocustStatistics(environment)
        self._health = GeneratorHealth(self._clock, self._pool, self._journal, self._write, self.abort)
        self._round_robin = itertools.count()
        self._start_ns = 0
        self._last_ns = 0

    # -- life --------------------------------------------------------------------------

    def listen(self) -> int:
        """Opens the played APIs and gives their port. What there was before them is written first."""
        self._write(self._shopify.world.opening(self._clock()))
        return self._shopify.server_start()

    def conduct(self, go: Go) -> bool:
        """Plays the whole run, writes and closes its history. False: it broke off, `reason` says why."""
        try:
            notes = self._registered(go.subscribe_uri) if go.subscribe_uri else ()
            self._tell(Step("load"))
            self._begin(msgspec.structs.replace(go, notes=(*notes, *go.notes)))
            self._wait_for_load()
            self._wait_for_quiet(go.settle_s)
        except StockstormError as error:
            self.error = error
            self.abort(str(error))
        finally:
            self._end()
        return not self.reason

    def discard(self) -> None:
        """Instead of `conduct`, where the run cannot begin: gives back port, thread and descriptor."""
        self._shopify.server_stop()
        self._pool.close(0.0)
        self._journal.close()

    def abort(self, reason: str) -> None:
        """Ends the run as soon as possible; what was recorded is kept."""
        self.reason = self.reason or reason

    def mended(self) -> None:
        """The process that one of the plan's faults had killed is back, and ready."""
        self._unmended -= 1

    def stop(self, reason: str) -> None:
        """Aborts before Locust ends its users, which host the connections: what is in flight then stays pending.

        Not to be called by a connection, since it waits for all of them to end.
        """
        self.abort(reason)
        self._begin_nothing_more()
        self._pool.close(0.0)

    def _begin_nothing_more(self) -> None:
        self._closing = True
        self._dispatcher.stop()

    def _registered(self, uri: str) -> tuple[str, ...]:
        """Waits for a service that registers by itself; gives what a reader must know of what it left out."""
        self._tell(Step(WAITING))
        return wait_for_registrations(self._shopify.world, self._clock, lambda: bool(self.reason)).notes(uri)

    def _begin(self, go: Go) -> None:
        plan = self._shopify.plan
        with self.spec.plan_path.open("wb") as file:
            file.writelines(plan.lines())
        gc.collect()
        gc.freeze()
        self._start_ns = self._clock() + START_DELAY_NS
        self._last_ns = self._start_ns + plan.duration_ns
        self._write([self._run_started(plan.digest(), go), self._process_seen()])
        self._write(self._shopify.subscribe_missing(go.subscribe_uri, self._start_ns))
        self._dispatcher.feed(self._due_items())
        for uri, url in go.routes.items():
            self._book.redirect(uri, url)
        self._session.started = True
        self._health.start()
        gevent.spawn(self._dispatcher.run).link_exception(self._failed)
        gevent.spawn(self._report_live).link_exception(self._failed)

    def _run_started(self, digest: str, go: Go) -> RunStarted:
        spec = self.spec
        return RunStarted(
            at_ns=self._start_ns,
            schema=SCHEMA_VERSION,
            run=spec.run,
            scenario=spec.scenario.model_dump(mode="json"),
            seed=spec.options.seed,
            plan_digest=digest,
            wall_ns=self._wall.wall(self._start_ns),
            duration_ns=self._shopify.plan.duration_ns,
            safety_stock=self.scenario.subject.safety_stock,
            subject=spec.subject + (f" with flaw {spec.options.flaw}" if spec.options.flaw else ""),
            driver="live",
            replay=spec.replay,
            commit=spec.provenance.commit,
            versions=spec.provenance.versions,
            machine=spec.provenance.machine,
            notes=go.notes,
            polls=go.polls,
            ceilings=go.ceilings,
        )

    def _process_seen(self) -> ProcessSeen:
        return ProcessSeen(
            at_ns=self._wall.monotonic_ns, process="generator", pid=os.getpid(), wall_ns=self._wall.wall_ns
        )

    def _wait_for_load(self) -> None:
        while self._clock() < self._last_ns and not self.reason:
            gevent.sleep(QUIET_POLL_S)
        self._write([LoadStopped(at_ns=self._clock())])

    def _wait_for_quiet(self, settle_s: float) -> None:
        begun = self._clock()
        quiet = wait_for_quiet(
            Quiet.of(self.scenario, settle_s),
            self._clock,
            lambda: (self._live.last_effect_ns, self._shopify.deliveries.pending),
            lambda: bool(self.reason),
            lambda: self._unmended,
        )
        self._write([QuietReached(at_ns=self._clock(), quiet=quiet, waited_ns=self._clock() - begun)])

    def _end(self) -> None:
        self._begin_nothing_more()
        self._shopify.server_stop()
        self._health.close()
        self._pool.close(1.0)
        now = self._clock()
        self._write(self._shopify.deliveries.close(now))
        self._write(self._shopify.world.final_facts(now))
        self._journal.close()
        self._finished = True

    # -- what happens --------------------------------------------------------------------------

    def _due_items(self) -> Iterator[tuple[int, Callable[[int], None]]]:
        for item in self._shopify.plan.items:
            yield self._start_ns + item.offset_ns, partial(self._apply, item)

    def _apply(self, item: AnyPlanItem, now_ns: int) -> None:
        match item:
            case PlannedFault():
                self._unmended += 1
                self._tell(FaultDue(kind=item.kind, duration_ns=item.duration_ns))
            case PlannedForgery():
                self._dispatch(self._shopify.deliveries.forge(item, now_ns))
            case _:
                changes = self._shopify.world.apply(item, now_ns)
                self._took(changes.facts, changes.events, now_ns, self._start_ns + item.offset_ns)

    def _took(self, facts: list[AnyFact], events: list[Event], now_ns: int, due_ns: int | None = None) -> None:
        """The world changed, by the plan (which wanted it at `due_ns`) or by the subject's API call."""
        if facts:
            self._write(facts)
        if events:
            self._dispatch(self._shopify.deliveries.fire(events, now_ns, due_ns))

    def _dispatch(self, dispatch: Any) -> None:
        if dispatch.facts:
            self._write(dispatch.facts)
        if self._closing:
            return
        now = self._clock()
        for outgoing in dispatch.attempts:
            if outgoing.due_ns <= now:
                self._pool.submit(outgoing)
            else:
                self._dispatcher.at(outgoing.due_ns, partial(self._submit, outgoing))

    def _submit(self, outgoing: Outgoing, _: int) -> None:
        if self._shopify.deliveries.wanted(outgoing):
            self._pool.submit(outgoing)

    def _answered(self, outgoing: Outgoing, answer: Answer) -> None:
        try:
            deliveries = self._shopify.deliveries
            topic, forged = deliveries.described(outgoing)
            self._statistics.answered(topic, bool(forged), answer, outgoing.due_ns)
            self._dispatch(deliveries.answered(outgoing, answer))
        except Exception as error:  # noqa: BLE001 - the sender's callback must not raise: the dispatcher ends the run
            self._dispatcher.fail(error)

    def _write(self, facts: list[AnyFact]) -> None:
        self._live.observe(facts)
        try:
            self._journal.write(facts)
        except StockstormError as error:
            self.abort(str(error))

    def _spawn(self, serve: Callable[[], None]) -> None:
        hosts = self._session.hosts
        if hosts:
            hosts[next(self._round_robin) % len(hosts)].spawn(serve)
        else:
            gevent.spawn(serve)

    def _failed(self, greenlet: Any) -> None:
        self.abort(f"internal failure: {greenlet.exception!r}")

    # -- for people --------------------------------------------------------------------------

    def _report_live(self) -> None:
        while not self._finished:
            gevent.sleep(0.5)
            live, now = self._live, self._clock()
            for channel, latency_ms in _take(live.syncs):
                self._statistics.synced(channel, latency_ms)
            for channel, units in _take(live.oversells):
                self._statistics.oversold(channel, units)
            self._tell(
                Live(
                    phase=live.phase,
                    elapsed_s=max(0.0, (now - self._start_ns) / SECOND_NS),
                    total_s=self._shopify.plan.duration_ns / SECOND_NS,
                    events=live.events,
                    acknowledged=live.acknowledged,
                    pending=self._shopify.deliveries.pending,
                    ack_p99_ms=live.ack_p99_ms(),
                    sync_p95_ms=live.sync_p95_ms(),
                    oversold_units=live.oversold_units,
                    quiescing=now > self._last_ns,
                )
            )


def _take(entries: list[Any]) -> list[Any]:
    taken = entries[:]
    entries.clear()
    return taken
