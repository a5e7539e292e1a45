"""Takes the first level of an item for all of its stock."""

from tests.strangers.stockroom.clients import Clients
from tests.strangers.stockroom.service import serve

FIRST = """query($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on InventoryItem { sku inventoryLevels(first: 1) { nodes { quantities(names: ["available"]) { quantity } } } }
  }
}"""


class FirstLevel(Clients):
    def levels(self, item_ids: list[str]) -> dict[str, int]:
        nodes = self.graphql(FIRST, {"ids": item_ids})["nodes"]
        return {node["sku"]: node["inventoryLevels"]["nodes"][0]["quantities"][0]["quantity"] for node in nodes if node}


if __name__ == "__main__":
    serve(clients_of=FirstLevel)
