"""Sets what it last read less what was sold: what was sold elsewhere since then comes back."""

from typing import Any

from tests.strangers.stockroom.clients import Clients, Refused
from tests.strangers.stockroom.service import serve

SET = """mutation($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { field message code } }
}"""


class Setting(Clients):
    def items(self) -> list[tuple[str, str, str]]:
        found = super().items()
        self.sku_of = {item: sku for sku, item, _ in found}
        self.known: dict[str, int] = {}
        return found

    def levels(self, item_ids: list[str]) -> dict[str, int]:
        levels = super().levels(item_ids)
        self.known.update(levels)
        return levels

    def adjust(self, key: str, document: str, changes: list[dict[str, Any]]) -> None:
        rows = []
        for change in changes:
            item = change["inventoryItemId"]
            quantity = self.known[self.sku_of[item]] + change["delta"]
            self.known[self.sku_of[item]] = quantity
            place = {"inventoryItemId": item, "locationId": change["locationId"]}
            rows.append({**place, "quantity": quantity, "changeFromQuantity": None})
        wanted = {"name": "available", "reason": "correction", "referenceDocumentUri": document, "quantities": rows}
        errors = self.graphql(SET, {"input": wanted, "key": key})["inventorySetQuantities"]["userErrors"]
        if errors:
            raise Refused(str(errors))


if __name__ == "__main__":
    serve(clients_of=Setting)
