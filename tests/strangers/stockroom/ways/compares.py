"""The same stockroom, which sets levels instead of adjusting them, each with the quantity that it expects.

What changed since it read is refused by the shop and read again, so nobody's change is erased.
"""

import uuid
from typing import Any

from tests.strangers.stockroom.clients import Clients, Refused, Unavailable
from tests.strangers.stockroom.service import serve

TRIES = 10
AT = """query($ids: [ID!]!, $location: ID!) {
  nodes(ids: $ids) {
    ... on InventoryItem { id inventoryLevel(locationId: $location) { quantities(names: ["available"]) { quantity } } }
  }
}"""
SET = """mutation($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { field message code } }
}"""
STALE = "CHANGE_FROM_QUANTITY_STALE"


class Comparing(Clients):
    def adjust(self, key: str, document: str, changes: list[dict[str, Any]]) -> None:
        for _ in range(TRIES):
            rows = [row for place in {each["locationId"] for each in changes} for row in self.rows(place, changes)]
            wanted = {"name": "available", "reason": "correction", "referenceDocumentUri": document, "quantities": rows}
            errors = self.graphql(SET, {"input": wanted, "key": key})["inventorySetQuantities"]["userErrors"]
            if not errors:
                return
            if any(error["code"] != STALE for error in errors):
                raise Refused(str(errors))
            key = uuid.uuid4().hex  # one that was refused is used up
        raise Unavailable("its stock changes faster than it can be set")

    def rows(self, location: str, changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What each item has there by now, and what it will have."""
        deltas = {each["inventoryItemId"]: each["delta"] for each in changes if each["locationId"] == location}
        nodes = self.graphql(AT, {"ids": list(deltas), "location": location})["nodes"]
        has = {node["id"]: node["inventoryLevel"]["quantities"][0]["quantity"] for node in nodes}
        return [
            {
                "inventoryItemId": item,
                "locationId": location,
                "quantity": has[item] + delta,
                "changeFromQuantity": has[item],
            }
            for item, delta in deltas.items()
        ]


if __name__ == "__main__":
    serve(clients_of=Comparing)
