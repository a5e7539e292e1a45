"""The simulated Shopify of one run: the plan, the world, its deliveries, and its APIs on a port."""

import time
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

import gevent
import msgspec

from stockstorm.loadtests.config.spec import RunSpec
from stockstorm.loadtests.generator.evidence import EvidenceFaults
from stockstorm.loadtests.generator.load import OpenFaults
from stockstorm.loadtests.ipc.messages import Setup
from stockstorm.loadtests.limits import API_CLOSE_WITHIN_S
from stockstorm.loadtests.subjects import SHOP_TOPICS, Receiving
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.api.admin import AdminApi
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest, RequestSerial
from stockstorm.simulator.api.faults import HELD, NONE, WITHHELD, ApiFaults, Injection
from stockstorm.simulator.api.http_server import MARKETPLACES, Connections, make_server
from stockstorm.simulator.api.marketplace import MarketplaceApi
from stockstorm.simulator.api.oauth.api import PATHS as OAUTH_PATHS
from stockstorm.simulator.api.oauth.api import OAuthApi
from stockstorm.simulator.api.rest import RestApi, is_rest
from stockstorm.simulator.catalogue import make_catalogue
from stockstorm.simulator.clock import SECOND_NS, Clock, WallPair
from stockstorm.simulator.delivery.attempts import Address
from stockstorm.simulator.delivery.service import DeliveryService, Keep, Secrets, forget
from stockstorm.simulator.errors import StockstormError
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history.facts import AnyFact, ApiCalled, CallGivenUp, GeneratorHeld
from stockstorm.simulator.io.plan_file import StoredPlan, store_plan
from stockstorm.simulator.limits import CALL_HELD_MIN_NS
from stockstorm.simulator.model import SHOPIFY, Event
from stockstorm.simulator.plan.forgeries import told_topics
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World

OnChange = Callable[[list[AnyFact], list[Event], int], None]  # facts, events, time
OnFailure = Callable[[StockstormError], None]


def _raised(error: StockstormError) -> None:
    raise error


WORK_EVERY_S: Final = 0.05  # between two slices of what the Admin API does in the background
UNAVAILABLE: Final = ApiReply(503, (), b"", [], [])


class ApiServer(Protocol):
    """The part of the HTTP server that is used."""

    server_port: int
    connections: Connections

    def start(self) -> None: ...
    def stop(self, timeout: float) -> None: ...


class SimulatedShopify(msgspec.Struct, frozen=True):
    """The parts that the driver moves values between."""

    scenario: Scenario
    wall: WallPair
    plan: StoredPlan
    world: World
    deliveries: DeliveryService
    server: ApiServer
    api_faults: ApiFaults

    def server_start(self) -> int:
        """Begins to listen. Returns the port."""
        self.server.start()
        return self.server.server_port

    def server_stop(self) -> None:
        self.server.stop(API_CLOSE_WITHIN_S)

    def subscribe_for(self, receiving: Receiving, now_ns: int) -> list[AnyFact]:
        """The subscriptions of the app's own TOML: the API neither lists nor removes them.

        Those that the subject declares, to shop topics that nobody else subscribed to, and to what the plan tells the
        app.
        """
        facts: list[AnyFact] = []
        for topic, uri in receiving.topic_uris.items():
            facts += self._declare(topic, uri, now_ns)
        for topics, uri in ((SHOP_TOPICS, receiving.uri), (told_topics(self.scenario), receiving.app_uri)):
            for topic in topics if uri else ():
                if not self.world.subscriptions(SHOPIFY, topic):
                    facts += self._declare(topic, uri, now_ns)
        return facts

    def _declare(self, topic: str, uri: str, now_ns: int) -> list[AnyFact]:
        """Nothing for a topic that the app may not hear."""
        if not self.world.app.may_hear(topic):
            return []
        return self.world.subscribe(SHOPIFY, topic, uri, now_ns=now_ns, by_api=False)[1].facts


def make_simulated_shopify(
    setup: Setup,
    spec: RunSpec,
    wall: WallPair,
    clock: Clock,
    on_change: OnChange,
    addresses: Callable[[str], Address],
    on_failure: OnFailure = _raised,
    keep: Keep = forget,
    evidence: EvidenceFaults | None = None,
) -> SimulatedShopify:
    """Builds the parts of one run. The APIs are bound to their port, but do not answer before `server_start`.

    `on_change` is called with the changes of each API call, `on_failure` when the shop itself fails in one.
    `addresses` resolves a subscription's URI. `keep` takes the body of each event that is delivered. Raises
    BackingError when the port cannot be bound.
    """
    scenario, options = spec.scenario, spec.options
    seeds = Seeds(options.seed)
    catalogue = make_catalogue(scenario, seeds)
    world = World(scenario, catalogue, seeds)
    secrets = Secrets(
        client_secret=setup.client_secret.encode(),
        channel_secrets=setup.channel_secret.encode(),
        next_client_secret=setup.next_client_secret.encode(),
    )
    payloads = Payloads(catalogue, scenario.shop, wall, scenario.app)
    api_faults = ApiFaults(scenario.api_faults, seeds, scenario.load_s)
    apis = SimulatedApis(
        setup, scenario, world, wall, clock, on_change, on_failure, faults=api_faults, evidence=evidence
    )
    return SimulatedShopify(
        scenario=scenario,
        wall=wall,
        plan=store_plan(spec.plan_path, scenario.name, scenario, options.seed),
        world=world,
        deliveries=DeliveryService(world, payloads, scenario, seeds, secrets, addresses, keep),
        server=make_server(options.api_host, options.api_port, apis.handle),
        api_faults=api_faults,
    )


class SimulatedApis:
    """Routes each request to the Admin API or to the marketplace API, and reports the resulting changes.

    A call runs in the generator's only thread. One that keeps it busy for too long becomes a fact, so that the report
    can name it. `cpu`: the time that the thread has been busy, in nanoseconds. `faults` and `evidence` can make a call
    fail, or wait; `pause` lets other calls pass meanwhile.
    """

    def __init__(
        self,
        setup: Setup,
        scenario: Scenario,
        world: World,
        wall: WallPair,
        clock: Clock,
        on_change: OnChange,
        on_failure: OnFailure = _raised,
        cpu: Clock = time.thread_time_ns,
        *,
        faults: ApiFaults | None = None,
        evidence: EvidenceFaults | None = None,
        pause: Callable[[float], None] = gevent.sleep,
        spawn: Callable[[Callable[[], None]], object] = gevent.spawn,
    ) -> None:
        requests = RequestSerial()
        self.admin = AdminApi(world, scenario, setup.admin_token, wall, serial=requests)
        world.app.have(setup.client_secret.encode(), setup.next_client_secret.encode())
        self._oauth = OAuthApi(world.app, scenario.shop.domain, wall, scenario.app.redirect_urls, requests)
        self._rest = RestApi(world, scenario, wall, self.admin.state, serial=requests)
        self._marketplaces = MarketplaceApi(world, setup.channel_token, wall, serial=requests)
        self._clock, self._cpu = clock, cpu
        self._on_change, self._on_failure = on_change, on_failure
        self._faults = faults or ApiFaults((), Seeds(0), 0.0)
        self._evidence = evidence or EvidenceFaults((), OpenFaults(lambda _: None), clock)
        self._pause, self._spawn, self._works = pause, spawn, False

    def handle(self, request: ApiRequest) -> ApiReply:
        injection = self._faults.injection(request, self._clock())
        if injection.before_ns:
            self._pause(injection.before_ns / SECOND_NS)
        if self._evidence.hold():
            injection = HELD
        reply = self._answered(request, injection)
        if reply.after_ns:
            self._pause(reply.after_ns / SECOND_NS)
        if reply.left_open:
            reply.on_closed = partial(self._given_up, reply.facts)
        if reply.dropped:
            self._evidence.hold()  # until the fault has begun for which this answer is withheld
        return reply

    def _given_up(self, facts: list[AnyFact]) -> None:
        """The subject closed the connection of the call with these facts, which had no whole answer."""
        now_ns = self._clock()
        given_up = [CallGivenUp(now_ns, call.request) for call in facts if isinstance(call, ApiCalled)]
        self._on_change([*given_up], [], now_ns)

    def repeat(self, request: ApiRequest, now_ns: int) -> None:
        """Executes a request that was executed before a restart, at its own time. Nothing is delivered again."""
        self._api_of(request.path).handle(request, now_ns, NONE)

    def _api_of(self, path: str) -> MarketplaceApi | OAuthApi | RestApi | AdminApi:
        if path.startswith(MARKETPLACES):
            return self._marketplaces
        if path in OAUTH_PATHS:
            return self._oauth
        return self._rest if is_rest(path) else self.admin

    def _answered(self, request: ApiRequest, injection: Injection) -> ApiReply:
        now_ns, busy_ns = self._clock(), self._cpu()
        try:
            reply = self._api_of(request.path).handle(request, now_ns, injection)
        except StockstormError as error:  # the shop cannot go on, which is not for the subject to bear
            self._on_failure(error)
            return UNAVAILABLE
        if injection.succeeds and self._evidence.executed(reply.facts):
            reply = WITHHELD.applied(reply)
        self._evidence.fetched(reply.facts)
        self._on_change(reply.facts, reply.events, now_ns)
        if self.admin.background.busy and not self._works:
            self._works = True
            self._spawn(self._work)
        if (held_ns := self._cpu() - busy_ns) > CALL_HELD_MIN_NS:
            now_ns = self._clock()
            self._on_change(_held(reply, now_ns, held_ns), [], now_ns)
        return reply

    def _work(self) -> None:
        """What the Admin API does between calls, in slices, so that calls and deliveries come between them."""
        try:
            while self.admin.background.busy:
                self._pause(WORK_EVERY_S)
                now_ns = self._clock()
                facts, events = self.admin.background.work(now_ns)
                self._on_change(facts, events, now_ns)
        except StockstormError as error:
            self._on_failure(error)
        finally:
            self._works = False


def _held(reply: ApiReply, now_ns: int, held_ns: int) -> list[AnyFact]:
    return [
        GeneratorHeld(now_ns, call.request, call.api, call.operation, call.started_ns, held_ns)
        for call in reply.facts
        if isinstance(call, ApiCalled)
    ]
