"""The generator's parts without sockets, played against a subject that acknowledges, adjusts the master and pushes.

Everything that a run keeps in the generator is here: world, deliveries, simulated APIs, figures. Facts are counted and
dropped.
"""

from collections.abc import Iterable, Iterator

import msgspec

from stockstorm.loadtests.generator.figures import LiveFigures, LocustStatistics
from stockstorm.loadtests.generator.load import Attempts, OpenFaults, PlanExecution
from stockstorm.simulator.api.admin import AdminApi
from stockstorm.simulator.api.exchange import ApiRequest
from stockstorm.simulator.api.marketplace import MarketplaceApi
from stockstorm.simulator.catalogue import make_catalogue
from stockstorm.simulator.clock import WallPair
from stockstorm.simulator.config import WorldConfig
from stockstorm.simulator.delivery.attempts import Address, Answer, Outgoing
from stockstorm.simulator.delivery.service import DeliveryService, Secrets
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history.facts import AnyFact
from stockstorm.simulator.io.dispatcher import Work
from stockstorm.simulator.model import EVERY_TOPIC, SHOPIFY, SHOPIFY_TOPICS, Event
from stockstorm.simulator.plan.items import AnyPlanItem
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World

URI = "http://127.0.0.1:8080/hooks"
WALL = WallPair(0, 1_795_500_000_000_000_000)
ADJUST = """mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) { userErrors { message } }
}"""


class PlayedShop:
    """A shop that is subscribed to every topic. `events` counts those that fired."""

    def __init__(self, config: WorldConfig, seed: int = 1) -> None:
        seeds = Seeds(seed)
        catalogue = make_catalogue(config, seeds)
        self.world = World(config, catalogue, seeds)
        payloads = Payloads(catalogue, config.shop, WALL)
        self.deliveries = DeliveryService(
            self.world, payloads, config, seeds, Secrets(b"a", b"b"), lambda _: Address("127.0.0.1", 8080, "/")
        )
        self.figures = LiveFigures(self.world.marketplaces)
        self.now_ns = self.events = self.facts = 0
        self._waiting: list[Outgoing] = []
        statistics = LocustStatistics(lambda **_: None)
        self.attempts = Attempts(lambda: self.now_ns, self.deliveries, self, self, self._record, statistics)
        self.execution = PlanExecution(
            self.world, self.deliveries, self.attempts, OpenFaults(lambda _: None), self._record
        )
        self.admin = AdminApi(self.world, config, "t", WALL)
        self.market = MarketplaceApi(self.world, "t", WALL)
        self.world.opening(0)
        for topic in SHOPIFY_TOPICS:
            self.world.subscribe(SHOPIFY, topic, URI, now_ns=0)
        for channel in self.world.marketplaces:
            self.world.subscribe(channel, EVERY_TOPIC, URI, now_ns=0)

    def play(self, items: Iterable[AnyPlanItem]) -> None:
        """Applies each item at its time. The subject handles its events before the next one."""
        for item in items:
            self.now_ns = item.offset_ns
            changes = self.world.apply(item, self.now_ns)
            self._changed(changes.facts, changes.events)
            for event in changes.events:
                if event.source != SHOPIFY and event.topic == "order.created":
                    self._handle(event)
            self.figures.take_syncs()
            self.figures.take_oversells()

    # -- a scheduler and connections that answer at once ---------------------------------------------------------------

    def at(self, due_ns: int, thing: Work) -> None:
        thing(due_ns)

    def feed(self, items: Iterator[tuple[int, Work]]) -> None:
        raise AssertionError("items are played one at a time")

    def run(self) -> None: ...
    def stop(self) -> None: ...

    def fail(self, error: BaseException) -> None:
        raise error

    def close(self, timeout: float) -> int:
        return 0

    def submit(self, outgoing: Outgoing) -> None:
        self._waiting.append(outgoing)

    # -- the subject --------------------------------------------------------------------------------------------------

    def _changed(self, facts: list[AnyFact], events: list[Event]) -> None:
        self.events += len(events)
        self.execution.changed(facts, events, self.now_ns)
        while self._waiting:
            outgoing, now = self._waiting.pop(), self.now_ns
            self.attempts.answered(outgoing, Answer(now, now, now, now, now, 200))

    def _handle(self, event: Event) -> None:
        assert event.order is not None
        products = [self.world.catalogue.by_sku[line.sku] for line in event.order.lines]
        rows = [
            {
                "inventoryItemId": f"gid://shopify/InventoryItem/{product.inventory_item_id}",
                "locationId": f"gid://shopify/Location/{product.location_id}",
                "delta": -line.quantity,
                "changeFromQuantity": None,
            }
            for product, line in zip(products, event.order.lines, strict=True)
        ]
        given = {
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": f"shop://{event.order.ref}",
            "changes": rows,
        }
        variables = {"key": f"{event.source}:{event.order.ref}", "input": given}
        body = msgspec.json.encode({"query": ADJUST, "variables": variables})
        headers = {"x-shopify-access-token": "t", "content-type": "application/json"}
        reply = self.admin.handle(ApiRequest("POST", "/admin/api/2026-10/graphql.json", "", headers, body), self.now_ns)
        assert b'"userErrors":[]' in reply.body, reply.body
        self._changed(reply.facts, reply.events)
        listings = [{"sku": line.sku, "quantity": 50} for line in event.order.lines]
        body = msgspec.json.encode({"listings": listings})
        for channel in self.world.marketplaces:
            path, bearer = f"/marketplaces/{channel}/v1/listings", {"authorization": "Bearer t"}
            reply = self.market.handle(ApiRequest("PUT", path, "", bearer, body), self.now_ns)
            assert reply.status == 200, reply.body
            self._changed(reply.facts, reply.events)

    def _record(self, facts: list[AnyFact]) -> None:
        self.facts += len(facts)
        self.figures.observe(facts)
