"""What is played to the subject: the world, its deliveries, and its APIs on a loopback port. Built once per run."""

from collections.abc import Callable
from typing import Any

import msgspec

from loadtests.messages import Setup
from loadtests.spec import RunSpec
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
from simulator.seeds import Seeds
from simulator.senders.resolve import parse_address
from simulator.shop.catalogue import make_catalogue
from simulator.shop.model import Event
from simulator.world import World

HOST = "127.0.0.1"

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

    def server_stop(self) -> None:
        self.server.stop(1.0)


def make_playing(setup: Setup, spec: RunSpec, scenario: Scenario, wall: WallPair, clock: Clock, took: Took) -> Playing:
    """Builds plan, world, desk and served APIs of one run. `took` is called with what an API call changed."""
    seeds = Seeds(spec.seed)
    catalogue = make_catalogue(scenario, seeds)
    world = World(scenario, catalogue, seeds)
    secrets = Secrets(client_secret=setup.client_secret.encode(), channel_secrets=setup.channel_secret.encode())
    desk = Desk(world, Payloads(catalogue, scenario.shop, wall), scenario, seeds, secrets, parse_address)
    raise NotImplementedError
