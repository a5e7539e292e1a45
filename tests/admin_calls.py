"""A client of the simulated Admin API on a small world, and the documents that tests send."""

from typing import Any, TypeVar

import msgspec

from stockstorm.simulator.api.admin import AdminApi, AdminOptions
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.clock import SECOND_NS, WallPair
from stockstorm.simulator.history.facts import ApiCalled, Fact
from stockstorm.simulator.world import World
from tests.small_world import product, small_config, small_world

TOKEN = "shpat_test"
START_NS = 5 * SECOND_NS
WALL = WallPair(monotonic_ns=START_NS, wall_ns=1_795_500_000 * SECOND_NS)  # 2026-11-24T06:00:00Z
PATH = "/admin/api/2026-10/graphql.json"
F = TypeVar("F", bound=Fact)

ADJUST = """mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup {
      id createdAt reason referenceDocumentUri
      changes {
        name delta quantityAfterChange ledgerDocumentUri
        item { id sku inventoryLevels(first: 1) { nodes {
          id quantities(names: ["available", "on_hand"]) { name quantity updatedAt } } } }
        location { id }
      }
    }
    userErrors { field message code }
  }
}"""
SET = """mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { changes { name delta } }
    userErrors { field message code }
  }
}"""


def item_gid(place: int) -> str:
    return f"gid://shopify/InventoryItem/{product(place).inventory_item_id}"


def location_gid(place: int) -> str:
    return f"gid://shopify/Location/{product(place).location_id}"


def change(place: int, delta: int, change_from: int | None = None) -> dict[str, Any]:
    return {
        "inventoryItemId": item_gid(place),
        "locationId": location_gid(place),
        "delta": delta,
        "changeFromQuantity": change_from,
    }


def quantity(place: int, amount: int, change_from: int | None = None) -> dict[str, Any]:
    row = change(place, 0, change_from)
    del row["delta"]
    return row | {"quantity": amount}


def adjustment(*rows: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"name": "available", "reason": "correction", "changes": list(rows), **other}


def setting(*rows: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"name": "available", "reason": "correction", "quantities": list(rows), **other}


class Admin:
    """A client of one API, at `path`. `tick_ns` passes before each call. `reply` is the last answer."""

    def __init__(self, world: World | None = None, options: AdminOptions | None = None, plan: str = "plus") -> None:
        config = small_config()
        shop = config.shop.model_copy(update={"plan": plan})
        self.world = world or small_world()
        self.world.opening(START_NS)
        self.now_ns, self.tick_ns, self.path = START_NS, SECOND_NS, PATH
        self.api = AdminApi(
            self.world, config.model_copy(update={"shop": shop}), TOKEN, WALL, options=options or AdminOptions()
        )
        self.reply = ApiReply(0, (), b"", [], [])

    def post(self, body: bytes, *, token: str = TOKEN, path: str = "", method: str = "POST") -> dict[str, Any]:
        self.now_ns += self.tick_ns
        request = ApiRequest(
            method, path or self.path, "", {"x-shopify-access-token": token, "content-type": "application/json"}, body
        )
        self.reply = self.api.handle(request, self.now_ns)
        answer: dict[str, Any] = msgspec.json.decode(self.reply.body)
        return answer

    def ask(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The whole answer."""
        return self.post(msgspec.json.encode({"query": query, "variables": variables}))

    def data(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        answer = self.ask(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def problem(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The only error of an answer."""
        (problem,) = self.ask(query, **variables)["errors"]
        found: dict[str, Any] = problem
        return found

    def adjust(self, key: str, *rows: dict[str, Any], **other: Any) -> dict[str, Any]:
        """The payload of an adjustment."""
        payload: dict[str, Any] = self.data(ADJUST, key=key, input=adjustment(*rows, **other))[
            "inventoryAdjustQuantities"
        ]
        return payload

    def set(self, key: str, *rows: dict[str, Any], **other: Any) -> dict[str, Any]:
        payload: dict[str, Any] = self.data(SET, key=key, input=setting(*rows, **other))["inventorySetQuantities"]
        return payload

    def facts(self, kind: type[F]) -> list[F]:
        """Facts of the last answer."""
        return [fact for fact in self.reply.facts if isinstance(fact, kind)]

    @property
    def called(self) -> ApiCalled:
        (called,) = self.facts(ApiCalled)
        return called
