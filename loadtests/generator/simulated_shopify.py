"""What is played to the subject: the world, its deliveries, and its APIs on a port. Built once per run."""

from collections.abc import Callable
from typing import Any

import msgspec

from stockstorm.loadtests.config.run_spec import RunSpec
from stockstorm.loadtests.ipc.messages import Setup
from stockstorm.loadtests.subjects import SHOP_TOPICS
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.api.admin import AdminApi
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest, RequestSerial
from stockstorm.simulator.api.http_server import make_server
from stockstorm.simulator.api.marketplace import MarketplaceApi
from stockstorm.simulator.catalogue.catalogue import make_catalogue
from stockstorm.simulator.clock import Clock, WallPair
from stockstorm.simulator.delivery.service import DeliveryService, Secrets
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history.facts import AnyFact
from stockstorm.simulator.io.senders.resolver import Resolver
from stockstorm.simulator.model import Event
from stockstorm.simulator.plan.items import Plan
from stockstorm.simulator.plan.planner import make_plan
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World

Took = Callable[[list[AnyFact], list[Event], int], None]


class SimulatedShopify(msgspec.Struct, frozen=True):
    """The parts that the driver moves values between."""

    plan: Plan
    world: World
    deliveries: DeliveryService
    server: Any  # gevent.pywsgi.WSGIServer

    def server_start(self) -> int:
        """Begins to listen and gives the port."""
        self.server.start()
        return int(self.server.server_port)

    def subscribe_missing(self, uri: str, now_ns: int) -> list[AnyFact]:
        """Subscribes `uri` to every shop topic that nobody subscribed; "" does nothing."""
        facts: list[AnyFact] = []
        for topic in SHOP_TOPICS if uri else ():
            if not self.world.subscriptions("shopify", topic):
                facts += self.world.subscribe("shopify", topic, uri, now_ns=now_ns)[1].facts
        return facts

    def server_stop(self) -> None:
        self.server.stop(1.0)


def make_simulated_shopify(
    setup: Setup, spec: RunSpec, scenario: Scenario, wall: WallPair, clock: Clock, took: Took, book: Resolver
) -> SimulatedShopify:
    """Builds plan, world, deliveries and served APIs of one run. `took` is called with what an API call changed."""
    seeds = Seeds(spec.options.seed)
    catalogue = make_catalogue(scenario, seeds)
    world = World(scenario, catalogue, seeds)
    secrets = Secrets(client_secret=setup.client_secret.encode(), channel_secrets=setup.channel_secret.encode())
    deliveries = DeliveryService(world, Payloads(catalogue, scenario.shop, wall), scenario, seeds, secrets, book)
    apis = SimulatedApis(setup, scenario, world, wall, clock, took)
    return SimulatedShopify(
        plan=make_plan(scenario.name, scenario, spec.options.seed),
        world=world,
        deliveries=deliveries,
        server=make_server(spec.options.api_host, spec.options.api_port, apis.handle),
    )


class SimulatedApis:
    """Routes one request to the Admin API or a marketplace and hands on what it changed."""

    def __init__(
        self, setup: Setup, scenario: Scenario, world: World, wall: WallPair, clock: Clock, took: Took
    ) -> None:
        requests = RequestSerial()
        self._admin = AdminApi(world, scenario, setup.admin_token, wall, serial=requests)
        self._marketplaces = MarketplaceApi(world, setup.channel_token, wall, serial=requests)
        self._clock, self._took = clock, took

    def handle(self, request: ApiRequest) -> ApiReply:
        now_ns = self._clock()
        api = self._marketplaces if request.path.startswith("/marketplaces/") else self._admin
        reply = api.handle(request, now_ns)
        self._took(reply.facts, reply.events, now_ns)
        return reply
