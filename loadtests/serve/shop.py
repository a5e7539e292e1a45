"""A shop that is served: the simulator's parts without a plan. Commands and calls go in, deliveries go out."""

import ssl
import time
from collections.abc import Callable, Collection, Iterator
from typing import Final

import gevent
import msgspec

from stockstorm.loadtests.generator.load import Attempts
from stockstorm.loadtests.generator.simulated_shopify import SimulatedApis
from stockstorm.loadtests.ipc.messages import Setup
from stockstorm.loadtests.serve.commands import Command, Orders, items_of, require, source_of
from stockstorm.loadtests.serve.state import Called, Declared, Done, Input, Removed, StateFile, is_change
from stockstorm.loadtests.serve.view import SeenConnections, View
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.catalogue import make_catalogue
from stockstorm.simulator.clock import SECOND_NS, WallPair
from stockstorm.simulator.delivery.attempts import Answer, Outgoing
from stockstorm.simulator.delivery.service import DeliveryService, Dispatch, Secrets
from stockstorm.simulator.errors import OutputError
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.io.dispatcher import Dispatcher
from stockstorm.simulator.io.senders.pool import ConnectionPool
from stockstorm.simulator.io.senders.resolver import Resolver, only_hosts
from stockstorm.simulator.model import APP_TOPICS, EVERY_TOPIC, SHOPIFY, SHOPIFY_TOPICS, Event, OrderKey
from stockstorm.simulator.plan.items import AnyPlanItem, PlannedForgery, PlannedLife
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World

CONNECTIONS_MAX: Final = 64
CLOSE_WITHIN_S: Final = 1.0


class WallClock:
    """Nanoseconds since 1970 that never run backwards, so that times mean the same after a restart."""

    def __init__(self) -> None:
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def __call__(self) -> int:
        return time.monotonic_ns() + self._offset_ns


class _NoStatistics:
    def answered(self, topic: str, forged: bool, answer: Answer, due_ns: int) -> None:
        """Nobody asks."""


def without_troubles(scenario: Scenario) -> Scenario:
    """The scenario's shop and channels alone: nothing fails, and nothing is perturbed, unless somebody asks for it."""
    plain: Scenario = scenario.model_copy(
        update={
            name: type(scenario).model_fields[name].get_default(call_default_factory=True)
            for name in ("perturbations", "quotas", "api_faults", "faults", "life")
        }
    )
    return plain


class ServedShop:
    """One shop. `handle` answers the APIs, `do` makes something happen, `view` shows what came of it.

    Everything runs in one thread; deliveries run while others wait. `start` comes first, then `stop`.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        setup: Setup,
        state: StateFile,
        allow_hosts: Collection[str] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`allow_hosts`: other machines that may be sent to. `tls`: whose certificates count; None: the system's."""
        seeds, self.clock = Seeds(seed), WallClock()
        self.scenario = scenario
        self.catalogue = make_catalogue(scenario, seeds)
        self.world = World(scenario, self.catalogue, seeds)
        self.wall = WallPair(0, 0)
        self.view = View((setup.admin_token, setup.client_secret, setup.channel_token, setup.channel_secret))
        self._state, self._numbers, self._again = state, Orders(), set[int]()
        secrets = Secrets(
            setup.client_secret.encode(), setup.channel_secret.encode(), setup.next_client_secret.encode()
        )
        payloads = Payloads(self.catalogue, scenario.shop, self.wall, scenario.app)
        resolver = Resolver(only_hosts(allow_hosts))
        self._deliveries = DeliveryService(self.world, payloads, scenario, seeds, secrets, resolver)
        self._pool = SeenConnections(
            ConnectionPool(self.clock, self._answered, CONNECTIONS_MAX, resolver=resolver, tls=tls), self.view
        )
        scheduler = Dispatcher(self.clock, self._pool)
        self._attempts = Attempts(self.clock, self._deliveries, scheduler, self._pool, self._recorded, _NoStatistics())
        self._apis = SimulatedApis(setup, scenario, self.world, self.wall, self.clock, self._changed, self.fail)
        self.world.opening(state.opened.wall_ns)
        for done in state.inputs:
            self._repeat(done)
        state.inputs.clear()  # they are played; a shop that is served for days may have had a million
        self._live = True

    _on_failure: Callable[[], None] = staticmethod(lambda: None)
    _live = False  # whether changes are delivered; not while what happened before a restart is repeated

    failure: BaseException | None = None  # why it cannot go on; whoever serves it raises it

    def start(self, on_failure: Callable[[], None] = lambda: None) -> None:
        """Begins to send what is due later. `on_failure` is called when the shop cannot go on."""
        self._on_failure = on_failure
        gevent.spawn(self._attempts.run, iter(())).link_exception(lambda ended: self.fail(ended.exception))

    def fail(self, error: BaseException) -> None:
        """The shop cannot go on. The first reason counts."""
        self.failure = self.failure or error
        self._on_failure()

    def stop(self) -> None:
        self._attempts.stop()
        self._attempts.close(CLOSE_WITHIN_S)
        self._state.close()

    def declare(self, uri: str, topics: Collection[str] = (), *, missing_only: bool = False) -> None:
        """Subscribes `uri` to these topics of the shop, as an app's TOML would. None: to all, and to every marketplace.

        `only`: to this topic of the shop alone. `missing_only`: to those that nobody subscribed to.
        """
        at_ns = self.clock()
        wanted: list[tuple[str, str]] = [(SHOPIFY, topic) for topic in topics or (*SHOPIFY_TOPICS, *APP_TOPICS)]
        wanted += [] if topics else [(channel, EVERY_TOPIC) for channel in self.world.marketplaces]
        for source, topic in wanted:
            if not missing_only or not self.world.subscriptions(source, topic):
                self._declare(Declared(at_ns, source, topic, uri))

    def _declare(self, wanted: Declared) -> None:
        """Nothing if it is declared already. The address of the last one counts."""
        present = [one for one in self.world.subscriptions(wanted.source, wanted.topic) if not one.by_api]
        if any(one.uri == wanted.uri for one in present):
            return
        for one in present:
            self.world.unsubscribe(one.subscription_id, by_policy=False, now_ns=wanted.at_ns)
        self._subscribe(wanted)
        self._keep(wanted)

    def _subscribe(self, wanted: Declared) -> None:
        for one in self.world.subscriptions(wanted.source, wanted.topic):
            if not one.by_api:
                self.world.unsubscribe(one.subscription_id, by_policy=False, now_ns=wanted.at_ns)
        self.world.subscribe(wanted.source, wanted.topic, wanted.uri, now_ns=wanted.at_ns, by_api=False)

    def handle(self, request: ApiRequest) -> ApiReply:
        """A call of the subject."""
        at_ns = self.clock()
        reply = self._apis.handle(request)
        if is_change(request) and reply.status < 400:
            kept = dict(request.headers)
            self._keep(Called(at_ns, request.method, request.path, request.query, kept, request.body))
        self.view.called(request, reply)
        return reply

    def do(self, command: Command) -> tuple[int, ...]:
        """Makes it happen. Returns the numbers of its deliveries, in order. Raises ScenarioError for a wrong one."""
        require(command, self.world.channels, self.catalogue)
        now_ns, found = self.clock(), list[int]()
        source = source_of(command, self.world.channels)
        if command.data is not None:
            topic, forged = command.topic, command.forge
            body = command.data.encode()
            dispatch = self._deliveries.send(source, topic, body, now_ns, forged)  # type: ignore[arg-type]  # `require` has checked both
            found += self._dispatch(dispatch, command)
        else:
            order = self.world.order(OrderKey(command.order)) if command.order >= 0 else None
            for item in items_of(command, self.world.channels, self.catalogue, self._numbers, order):
                for dispatch in self._applied(item, now_ns):
                    found += self._dispatch(dispatch, command)
                self._keep(Done(now_ns, item))
        return tuple(found)

    def send_again(self, number: int) -> bool:
        """Sends a delivery once more, byte for byte. False: it is not known any more, or was not sent yet."""
        seen = self.view.deliveries.get(number)
        if seen is None or seen.last is None:
            return False
        last = seen.last
        again = msgspec.structs.replace(last, attempt=last.attempt + 1, due_ns=self.clock())
        self._pool.submit(again)
        return True

    def wait(self, numbers: tuple[int, ...], within_s: float) -> bool:
        """Waits until every delivery was answered as often as it was to be sent. False: one was not."""
        deadline_ns = self.clock() + round(within_s * SECOND_NS)
        while self.clock() < deadline_ns:
            if all(self._is_answered(number) for number in numbers):
                return True
            gevent.sleep(0.02)
        return False

    def _is_answered(self, number: int) -> bool:
        seen = self.view.deliveries.get(number)
        return seen is None or len(seen.attempts) >= seen.wanted or seen.outcome == "subscription_removed"

    def _keep(self, done: Input) -> None:
        try:
            self._state.add(done)
        except OutputError as error:  # its state is behind what it did
            self.fail(error)

    def _dispatch(self, dispatch: Dispatch, command: Command) -> Iterator[int]:
        if command.late_s:
            late_ns = round(command.late_s * SECOND_NS)
            dispatch.attempts = [msgspec.structs.replace(one, due_ns=one.due_ns + late_ns) for one in dispatch.attempts]
        if command.duplicate:
            self._again.update(one.delivery for one in dispatch.attempts)
        numbers = [fact.delivery for fact in dispatch.facts if isinstance(fact, f.DeliveryPlanned)]
        self._attempts.dispatch(dispatch)
        for number in numbers if command.duplicate else ():
            self.view.deliveries[number].wanted = 2
        yield from numbers

    def _applied(self, item: AnyPlanItem, now_ns: int) -> Iterator[Dispatch]:
        if isinstance(item, PlannedForgery):
            yield self._deliveries.forge(item, now_ns)
            return
        changes = self.world.apply(item, now_ns)
        self._recorded(changes.facts)
        yield self._deliveries.fire(changes.events, now_ns)
        if isinstance(item, PlannedLife):
            yield self._deliveries.live(item, now_ns)

    def _repeat(self, done: Input) -> None:
        match done:
            case Done():
                self._numbers.saw(done.item)
                self._recorded(self.world.apply(done.item, done.at_ns).facts)
                if isinstance(done.item, PlannedLife):
                    self._deliveries.live(done.item, done.at_ns)
            case Called():
                self._apis.repeat(done.request, done.at_ns)
            case Removed():
                self.world.unsubscribe(done.subscription, by_policy=True, now_ns=done.at_ns)
            case Declared():
                self._subscribe(done)

    def _changed(self, facts: list[f.AnyFact], events: list[Event], now_ns: int) -> None:
        self._recorded(facts)
        if self._live and events:
            self._attempts.dispatch(self._deliveries.fire(events, now_ns))

    def _recorded(self, facts: list[f.AnyFact]) -> None:
        self.view.record(facts)
        for fact in facts if self._live else ():
            if isinstance(fact, f.SubscriptionRemoved) and fact.by_policy:
                self._keep(Removed(fact.at_ns, fact.subscription))

    def _answered(self, outgoing: Outgoing, answer: Answer) -> None:
        self.view.answered(outgoing, answer)
        self._attempts.answered(outgoing, answer)
        if outgoing.delivery in self._again:
            self._again.discard(outgoing.delivery)
            self.send_again(outgoing.delivery)
