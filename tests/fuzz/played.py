"""The played APIs over a small shop with orders, as one function, and what each call cost its thread."""

import time

import msgspec

from stockstorm.loadtests.generator.simulated_shopify import SimulatedApis
from stockstorm.loadtests.ipc.messages import Setup
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.api.admin.execution.documents import Documents
from stockstorm.simulator.api.admin.resolvers.schema import admin_schema
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.catalogue import make_catalogue
from stockstorm.simulator.clock import SECOND_NS, WallPair
from stockstorm.simulator.history.facts import AnyFact, decoder
from stockstorm.simulator.model import Event, OrderKey
from stockstorm.simulator.plan.items import (
    AnyPlanItem,
    PlannedCancellation,
    PlannedPayment,
    PlannedPurchase,
    PlannedReturn,
)
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World

ADMIN_TOKEN = "shpat_fuzz"
CLIENT_SECRET = "fuzz-client-secret"
CHANNEL_TOKEN = "fuzz-channel-token"
CHANNEL_SECRET = "fuzz-channel-secret"
CHANNELS = ("bazaar", "mercado")
SKUS = 300
ORDERS = 1_000
START_NS = 5 * SECOND_NS
WALL = WallPair(monotonic_ns=START_NS, wall_ns=1_795_500_000 * SECOND_NS)  # 2026-11-24T06:00:00Z
# Each call finds the API's bucket full, and keys of idempotency leave their window of a day within a run.
CALL_TAKES_NS = 20 * SECOND_NS
SCENARIO = Scenario.model_validate(
    {
        "name": "fuzz",
        "title": "fuzz",
        "shows": "fuzz",
        "shop": {"skus": SKUS, "locations": 2, "stock": 10_000, "plan": "enterprise"},
        "channels": [{"name": name} for name in ("online", *CHANNELS)],
        "phases": [{"name": "only", "seconds": 1, "rate": 1}],
    }
)
CATALOGUE = make_catalogue(SCENARIO, Seeds(1))


class Cost(msgspec.Struct, frozen=True):
    """One call: the answer, and the processor time that its handler took."""

    reply: ApiReply
    ms: float


class Played:
    """A shop of two marketplaces whose clock moves on with each call."""

    def __init__(self) -> None:
        seeds = Seeds(1)
        self.world = World(SCENARIO, CATALOGUE, seeds)
        self.unread: list[AnyFact] = []  # facts of the last call
        self.opening: list[AnyFact] = [*self.world.opening(START_NS)]
        self.sold: list[AnyFact] = []  # what the orders made the world record
        self._now_ns = START_NS
        for number in range(ORDERS):
            self._order(number)
        setup = Setup(msgspec.Raw(b"{}"), ADMIN_TOKEN, CLIENT_SECRET, CHANNEL_TOKEN, CHANNEL_SECRET)
        self._apis = SimulatedApis(setup, SCENARIO, self.world, WALL, self._clock, self._changed)

    def call(self, request: ApiRequest) -> Cost:
        """Answers the request. What it makes the world record must be readable again, as in a history."""
        self.unread = []
        begun_ns = time.thread_time_ns()
        reply = self._apis.handle(request)
        return Cost(reply, (time.thread_time_ns() - begun_ns) / 1e6)

    def _clock(self) -> int:
        self._now_ns += CALL_TAKES_NS
        return self._now_ns

    def _changed(self, facts: list[AnyFact], _events: list[Event], _now_ns: int) -> None:
        self.unread += facts

    def forget_documents(self) -> None:
        """Empties the cache of documents, so that the next call parses its own."""
        self._apis.admin.documents = Documents(admin_schema())

    def check_facts(self) -> None:
        """Raises if a fact of the last call cannot be written and read."""
        decoder.decode_lines(msgspec.json.Encoder().encode_lines(self.unread))

    def _order(self, number: int) -> None:
        """Every third order is paid, every fifth is cancelled, and every seventh comes back in part."""
        key, at_ns = OrderKey(number), START_NS + number * 1_000
        channel = ("online", *CHANNELS)[number % 3]
        lines = tuple((CATALOGUE.products[(number + n * 7) % SKUS].sku, 2) for n in range(1 + number % 3))
        self._apply(PlannedPurchase(number, number * 10, key, channel, 0, lines), at_ns)
        if number % 3 == 0:
            self._apply(PlannedPayment(number, number * 10 + 1, key), at_ns)
        if number % 5 == 0:
            self._apply(PlannedCancellation(number, number * 10 + 2, key), at_ns)
        elif number % 7 == 0:
            self._apply(PlannedReturn(number, number * 10 + 3, key, ((lines[0][0], 1),), True), at_ns)

    def _apply(self, item: AnyPlanItem, at_ns: int) -> None:
        self.sold += self.world.apply(item, at_ns).facts
