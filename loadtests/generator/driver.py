"""Conducts one run inside the Locust process: builds the parts, and starts, awaits and ends them in order."""

import ssl
import time
from collections.abc import Callable

import gevent
import msgspec

from stockstorm.loadtests.config.spec import RunSpec, reachable
from stockstorm.loadtests.generator.evidence import EvidenceFaults
from stockstorm.loadtests.generator.figures import LiveFigures, LiveReporter, LocustStatistics
from stockstorm.loadtests.generator.garbage import collect_between_calls, keep_pauses_short
from stockstorm.loadtests.generator.health import GeneratorHealth, connections_allowed
from stockstorm.loadtests.generator.load import Attempts, OpenFaults, PlanExecution
from stockstorm.loadtests.generator.merchant import open_app, signed_query
from stockstorm.loadtests.generator.quiesce import Activity, PendingReads, Quiet, wait_for_rest
from stockstorm.loadtests.generator.recorder import Recorder, RunState, opening_facts
from stockstorm.loadtests.generator.registration import WAITING, wait_for_registrations
from stockstorm.loadtests.generator.simulated_shopify import make_simulated_shopify
from stockstorm.loadtests.ipc.messages import FaultDue, Go, Live, PendingCounted, Quiescing, Setup, Step
from stockstorm.loadtests.limits import CONNECTIONS_CLOSE_WITHIN_S, POLL_S, START_DELAY_NS
from stockstorm.loadtests.subjects import SHOP_TOPICS, Receiving
from stockstorm.simulator.clock import SECOND_NS, WallPair
from stockstorm.simulator.delivery.attempts import Answer, Outgoing
from stockstorm.simulator.errors import StockstormError
from stockstorm.simulator.history.facts import AnyFact, LoadStopped
from stockstorm.simulator.io.bodies import BodyFile
from stockstorm.simulator.io.dispatcher import Dispatcher
from stockstorm.simulator.io.journal import Journal
from stockstorm.simulator.io.senders.pool import ConnectionPool
from stockstorm.simulator.io.senders.resolver import Resolver, only_hosts
from stockstorm.simulator.model import Event

Send = Callable[[Step | Live | FaultDue | Quiescing], None]  # a message to the orchestrator
Spawn = Callable[[Callable[[], None]], object]  # runs a connection in a greenlet


class Driver:
    """One run. `listen` comes first, then either `conduct` or `discard`."""

    def __init__(self, setup: Setup, spec: RunSpec, send: Send, statistics: LocustStatistics, spawn: Spawn) -> None:
        clock = time.monotonic_ns
        self._spec, self._send, self._clock = spec, send, clock
        self.state = RunState()
        self._app_url = ""
        allowed = only_hosts(spec.options.allow_hosts)
        self._resolver = Resolver(allowed, on_error=lambda error: send(Step(text=str(error))))
        authority = spec.own.ca if spec.own is not None else ""
        tls = ssl.create_default_context(cafile=authority) if authority else None  # its file was checked
        pool = ConnectionPool(clock, self._answered, connections_allowed(), resolver=self._resolver, tls=tls)
        pool.spawn = spawn
        wall = WallPair(clock(), time.time_ns())
        self._faults = OpenFaults(send)
        self._evidence = EvidenceFaults(spec.scenario.faults, self._faults, clock)
        self._bodies = BodyFile(spec.bodies_path)
        keep = self._bodies.keep
        self._shopify = make_simulated_shopify(
            setup, spec, wall, clock, self._changed, self._resolver, self.state.fail, keep, self._evidence
        )
        try:
            journal = Journal(spec.history_path)
        except StockstormError:
            self._shopify.server_stop()
            raise
        world, deliveries = self._shopify.world, self._shopify.deliveries
        self._figures = LiveFigures(world.marketplaces)
        self._recorder = Recorder(journal, self._figures, self.state)
        record = self._recorder.write
        scheduler, noticed = Dispatcher(clock, pool), self._evidence.acknowledged
        self._attempts = Attempts(clock, deliveries, scheduler, pool, record, statistics, noticed)
        self._reads = PendingReads(lambda: send(Quiescing()))
        self._execution = PlanExecution(world, deliveries, self._attempts, self._faults, record, self._installed)
        connections = self._shopify.server.connections
        self._health = GeneratorHealth(pool, journal, connections, record, self.state.abort)
        self._reporter = LiveReporter(self._figures, statistics, lambda: deliveries.pending, send)
        self._collector = gevent.Greenlet(collect_between_calls)

    def listen(self) -> int:
        """Records the opening stock and opens the simulated APIs. Returns their port."""
        self._recorder.write(self._shopify.world.opening(self._clock()))
        return self._shopify.server_start()

    def conduct(self, go: Go, on_start: Callable[[], None]) -> bool:
        """Runs the load, waits for rest, and closes the history. False: the run was aborted, see `state.reason`.

        `on_start` is called when connections are needed.
        """
        try:
            notes = self._await_registrations(go.receiving) if go.receiving.registers else ()
            self._send(Step("load"))
            end_ns = self._begin(msgspec.structs.replace(go, notes=(*notes, *go.notes)), on_start)
            self._await_end_of_load(end_ns)
            self._await_rest(Quiet.of(self._shopify.scenario, go.settle_s, go.lease_s))
        except StockstormError as error:
            self.state.fail(error)
        finally:
            self._end()
        return not self.state.aborted

    def discard(self) -> None:
        """Frees port, connections and file when the run cannot begin."""
        self._shopify.server_stop()
        self._attempts.close(0.0)
        self._recorder.close()

    def recovered(self) -> None:
        """A process that a fault of the plan killed is ready again."""
        self._faults.recovered()
        self._evidence.recovered()

    def fault_begun(self) -> None:
        """The orchestrator has applied a fault on evidence."""
        self._evidence.begun()

    def counted(self, read: PendingCounted) -> None:
        """The orchestrator read what the subject has pending."""
        self._reads.arrived(read)

    def stop(self, reason: str) -> None:
        """Aborts the run before Locust ends its users, which host the connections. Attempts in flight stay pending.

        Must not be called by a connection, because it waits for all of them to end.
        """
        self.state.abort(reason)
        self._attempts.stop()
        self._attempts.close(0.0)

    def _await_registrations(self, receiving: Receiving) -> tuple[str, ...]:
        """Waits for a service that registers by itself. Returns notes on missing registrations."""
        self._send(Step(WAITING))
        topics = SHOP_TOPICS if receiving.uri else ()
        world, clock = self._shopify.world, self._clock
        return wait_for_registrations(world, clock, lambda: self.state.aborted, topics).notes(receiving.uri)

    def _begin(self, go: Go, on_start: Callable[[], None]) -> int:
        """Starts the load. Returns when it ends."""
        plan = self._shopify.plan
        keep_pauses_short()
        self._collector.start()
        start_ns = self._clock() + START_DELAY_NS
        end_ns = start_ns + plan.summary.duration_ns
        self._recorder.write(opening_facts(self._spec, self._shopify, go, start_ns))
        self._recorder.write(self._shopify.subscribe_for(go.receiving, start_ns))
        self._app_url = go.receiving.app_url or self._spec.options.app_url
        for uri, url in go.routes.items():
            self._resolver.redirect(uri, url)
        self._shopify.api_faults.start(start_ns)
        self._evidence.start(start_ns, end_ns, one_process=go.one_process)
        on_start()
        self._health.start(self._clock)
        items = self._execution.due_items(plan.items(), start_ns)
        gevent.spawn(self._attempts.run, items).link_exception(self._failed)
        reports = gevent.spawn(self._reporter.run, self._clock, start_ns, plan.summary.duration_ns)
        reports.link_exception(self._failed)
        return end_ns

    def _await_end_of_load(self, end_ns: int) -> None:
        while self._clock() < end_ns and not self.state.aborted:
            gevent.sleep(POLL_S)
        self._recorder.write([LoadStopped(at_ns=self._clock())])

    def _await_rest(self, quiet: Quiet) -> None:
        figures, deliveries = self._figures, self._shopify.deliveries
        found = wait_for_rest(
            quiet,
            self._clock,
            lambda: Activity(
                figures.last_effect_ns,
                deliveries.pending,
                figures.gaps.longest_ns,
                figures.last_write_ns,
                figures.kinds.writes.known_ns,
                figures.kinds.longest_ns,
            ),
            self._reads,
            lambda: self.state.aborted,
            lambda: self._faults.count,
        )
        self._recorder.write([found])

    def _end(self) -> None:
        self._collector.kill()
        self._attempts.stop()
        self._shopify.server_stop()
        self._health.close()
        self._attempts.close(CONNECTIONS_CLOSE_WITHIN_S)
        now_ns = self._clock()
        self._recorder.write_stream(self._shopify.deliveries.close(now_ns))
        self._recorder.write_stream(self._shopify.world.final_facts(now_ns))
        self._bodies.close()
        self._recorder.close()
        self._reporter.stop()

    # Callbacks of parts that are built before the parts which handle them.

    def _changed(self, facts: list[AnyFact], events: list[Event], now_ns: int) -> None:
        self._execution.changed(facts, events, now_ns)

    def _answered(self, outgoing: Outgoing, answer: Answer) -> None:
        self._attempts.answered(outgoing, answer)

    def _installed(self) -> None:
        """The merchant opens the app's page, where the subject has one."""
        if page := self._app_url:
            shop = self._shopify
            domain, now_ns = shop.scenario.shop.domain, self._clock()
            query = signed_query(domain, shop.world.app.secrets[0], shop.wall.wall(now_ns) // SECOND_NS)
            base = f"http://{reachable(self._spec.options.api_host)}:{shop.server.server_port}"
            gevent.spawn(open_app, page, query, domain, base, lambda text: self._send(Step(text=text)))

    def _failed(self, greenlet: gevent.Greenlet) -> None:
        error = greenlet.exception
        if isinstance(error, StockstormError):
            self.state.fail(error)
        else:
            self.state.abort(f"internal failure: {error!r}")
