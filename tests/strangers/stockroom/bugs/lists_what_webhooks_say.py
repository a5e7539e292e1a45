"""Lists the quantity in the last webhook that came, though webhooks come late and in any order."""

from typing import Any

from tests.strangers.stockroom.service import serve
from tests.strangers.stockroom.worker import Worker


class Believing(Worker):
    told: dict[str, int]

    def start(self) -> None:
        self.told = {}
        super().start()

    def level_changed(self, body: dict[str, Any]) -> None:
        item = f"gid://shopify/InventoryItem/{body['inventory_item_id']}"
        for (sku,) in self.store.rows("SELECT sku FROM items WHERE item = ?", item):
            self.told[sku] = body["available"]
        super().level_changed(body)

    def to_list(self, levels: dict[str, int]) -> dict[str, int]:
        return super().to_list({sku: self.told.get(sku, level) for sku, level in levels.items()})


if __name__ == "__main__":
    serve(worker_of=Believing)
