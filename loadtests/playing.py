"""What is played to the subject: the world, its deliveries, and its APIs on a port. Built once per run."""

from collections.abc import Callable
from typing import Any

import msgspec

from loadtests.messages import Setup
from loadtests.spec import RunSpec
from loadtests.subjects import SHOP_TOPICS
from scenarios.spec import Scenario
from simulator.admin_api import AdminApi
from simulator.clock import Clock, WallPair
from simulator.delivery.desk import Desk, Secrets
from simulator.events.payloads import Payloads
from simulator.history.facts import AnyFact
from simulator.http_server import make_server
from simulator.marketplace_api import MarketplaceApi
from simulator.plan import Plan
from simulator.planning import make_plan
from simulator.played import ApiReply, ApiRequest, RequestSerial
from simulator.seeds import Seeds
from simulator.senders.resolve import AddressBook
from simulator.shop.catalogue import make_catalogue
from simulator.shop.model import Event
from simulator.world import World

Took = Callable[[list[AnyFact], list[Event], int], None]


class Playing(msgspec.Struct, frozen=True):
    """The parts that the driver moves values between."""

    plan: Plan
    world: World
    desk: Desk
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


def make_playing(
    setup: Setup, spec: RunSpec, scenario: Scenario, wall: WallPair, clock: Clock, took: Took, book: AddressBook
) -> Playing:
    """Builds plan, world, desk and served APIs of one run. `took` is called with what an API call changed."""
    seeds = Seeds(spec.seed)
    catalogue = make_catalogue(scenario, seeds)
    world = World(scenario, catalogue, seeds)
    secrets = Secrets(client_secret=setup.client_secret.encode(), channel_secrets=setup.channel_secret.encode())
    desk = Desk(world, Payloads(catalogue, scenario.shop, wall), scenario, seeds, secrets, book)
    apis = PlayedApis(setup, scenario, world, wall, clock, took)
    return Playing(
        plan=make_plan(scenario.name, scenario, spec.seed),
        world=world,
        desk=desk,
        server=make_server(spec.api_host, spec.api_port, apis.handle),
    )


class PlayedApis:
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
