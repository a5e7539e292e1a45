"""Reads the level, subtracts, and sets the result: what was sold in between comes back."""

from typing import Any

from tests.strangers.stockroom.clients import Clients, Refused
from tests.strangers.stockroom.service import serve

READ = """query($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on InventoryItem { id inventoryLevels(first: 1) { nodes { quantities(names: ["available"]) { quantity } } } }
  }
}"""
SET = """mutation($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { field message code } }
}"""


class Setting(Clients):
    def adjust(self, key: str, document: str, changes: list[dict[str, Any]]) -> None:
        nodes = self.graphql(READ, {"ids": [change["inventoryItemId"] for change in changes]})["nodes"]
        known = {node["id"]: node["inventoryLevels"]["nodes"][0]["quantities"][0]["quantity"] for node in nodes}
        rows = [
            {
                "inventoryItemId": change["inventoryItemId"],
                "locationId": change["locationId"],
                "quantity": known[change["inventoryItemId"]] + change["delta"],
                "changeFromQuantity": None,
            }
            for change in changes
        ]
        wanted = {"name": "available", "reason": "correction", "referenceDocumentUri": document, "quantities": rows}
        errors = self.graphql(SET, {"input": wanted, "key": key})["inventorySetQuantities"]["userErrors"]
        if errors:
            raise Refused(str(errors))


if __name__ == "__main__":
    serve(clients_of=Setting)
