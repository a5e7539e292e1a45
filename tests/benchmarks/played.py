"""Calls of the played APIs, which share the interpreter with the sender: one run of each costs as much as any other."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Final

import msgspec

from stockstorm.simulator.api.admin import AdminApi
from stockstorm.simulator.api.exchange import ApiRequest
from stockstorm.simulator.api.marketplace import MarketplaceApi
from stockstorm.simulator.catalogue import make_catalogue
from stockstorm.simulator.config import ChannelConfig, PhaseConfig, ShopConfig, WorldConfig
from stockstorm.simulator.model import OrderKey
from stockstorm.simulator.plan.items import PlannedPurchase
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World
from tests.admin_calls import ADJUST, PATH, START_NS, TOKEN, WALL

ORDERS_PLACED: Final = 5_000
# The read-back that the reference service asks for, one level for each row.
READ_BACK: Final = (
    ADJUST.replace("inventoryLevels(first: 1) { nodes {", "inventoryLevel(locationId: $place) {")
    .replace("updatedAt } } } }", "updatedAt } } }")
    .replace("$key: String!", "$key: String!, $place: ID!")
)
LEVELS: Final = """query Levels($id: ID!) { location(id: $id) { inventoryLevels(first: 250) {
  nodes { id updatedAt item { id sku } location { id }
    quantities(names: ["available", "on_hand"]) { name quantity updatedAt } }
  pageInfo { hasNextPage endCursor } } } }"""
ORDERS: Final = """query Orders { orders(first: 50, sortKey: UPDATED_AT, query: "updated_at:>='2026-01-01T00:00:00Z'") {
  nodes { id name createdAt updatedAt cancelledAt displayFinancialStatus totalPriceSet { shopMoney { amount } }
    lineItems(first: 10) { nodes { id sku quantity currentQuantity } } refunds { id } }
  pageInfo { hasNextPage endCursor } } }"""
PRODUCTS: Final = """query Products($query: String) { products(first: 250, query: $query) {
  nodes { id title handle status updatedAt totalInventory
    variants(first: 10) { nodes { id sku price barcode inventoryQuantity inventoryItem { id tracked } } } }
  pageInfo { hasNextPage endCursor } } }"""
BULK: Final = """mutation Run { bulkOperationRunQuery(query: "{ products { nodes { id variants { nodes { sku
  inventoryItem { inventoryLevels { nodes { quantities(names: [\\"available\\"]) { quantity } } } } } } } } }") {
  userErrors { message } } }""".replace("\n", " ")

Call = Callable[[], None]
Variables = Callable[[int], dict[str, object]]


class Played:
    """A world of 1,000 SKUs at one location and 5,000 orders, with its APIs."""

    def __init__(self) -> None:
        config = WorldConfig(
            shop=ShopConfig(skus=1_000, locations=1, stock=1_000_000, plan="enterprise"),
            channels=(ChannelConfig(name="online"), ChannelConfig(name="bazaar")),
            phases=(PhaseConfig(name="only", seconds=1),),
        )
        self.catalogue = make_catalogue(config, Seeds(1))
        world = World(config, self.catalogue, Seeds(1))
        world.opening(START_NS)
        for n in range(ORDERS_PLACED):
            lines = tuple((self.catalogue.products[at % 1_000].sku, 1) for at in (n, n + 7))
            world.apply(PlannedPurchase(n, n, OrderKey(n), "online", 0, lines), START_NS + n * 1_000)
        self.admin, self.marketplace = AdminApi(world, config, TOKEN, WALL), MarketplaceApi(world, TOKEN, WALL)
        self.numbers = count()  # of calls
        self.place = f"gid://shopify/Location/{self.catalogue.locations[0]}"

    def ask(self, query: str, variables: dict[str, object]) -> None:
        """One call of the Admin API, in a second of its own, so that its cost is never refused."""
        body = msgspec.json.encode({"query": query, "variables": variables})
        request = ApiRequest(
            "POST", PATH, "", {"x-shopify-access-token": TOKEN, "content-type": "application/json"}, body
        )
        reply = self.admin.handle(request, self.now_ns())
        assert reply.status == 200
        assert b'"errors":' not in reply.body

    def now_ns(self) -> int:
        """A second later each time."""
        return START_NS + next(self.numbers) * 1_000_000_000


def _asks(query: str, variables: Callable[[Played], Variables]) -> Callable[[Played], Call]:
    def prepared(played: Played) -> Call:
        of_call, numbers = variables(played), count()
        return lambda: played.ask(query, of_call(next(numbers)))

    return prepared


def _adjusted(played: Played) -> Variables:
    changes = [
        {
            "inventoryItemId": f"gid://shopify/InventoryItem/{each.inventory_item_id}",
            "locationId": played.place,
            "delta": -1,
            "changeFromQuantity": None,
        }
        for each in played.catalogue.products[:250]
    ]
    given = {"name": "available", "reason": "correction", "referenceDocumentUri": "urn:x:1", "changes": changes}
    return lambda n: {"key": f"k{n}", "input": given, "place": played.place}


def _pushes(played: Played) -> Call:
    rows = [{"sku": each.sku, "quantity": 5} for each in played.catalogue.products[:100]]
    body, headers = msgspec.json.encode({"listings": rows}), {"authorization": f"Bearer {TOKEN}"}
    request = ApiRequest("PUT", "/marketplaces/bazaar/v1/listings", "", headers, body)

    def push() -> None:
        assert played.marketplace.handle(request, played.now_ns()).status == 200

    return push


def _bulk(played: Played) -> Call:
    """A bulk query from its call to its end, slice by slice."""

    def run() -> None:
        played.ask(BULK, {})
        assert played.admin.background.busy
        while played.admin.background.busy:
            played.admin.background.work(played.now_ns())

    return run


PLAYED: Final[Mapping[str, Callable[[Played], Call]]] = {
    "adjust 250 levels": _asks(READ_BACK, _adjusted),
    "page of 250 levels": _asks(LEVELS, lambda played: lambda _: {"id": played.place}),
    "page of 50 orders": _asks(ORDERS, lambda _: lambda _: {}),
    "page of 250 products": _asks(PRODUCTS, lambda _: lambda _: {"query": None}),
    "search for products": _asks(PRODUCTS, lambda _: lambda _: {"query": "title:oak* OR vendor:nord* -tag:hot"}),
    "push 100 listings": _pushes,
    "bulk query": _bulk,
}
