"""By REST, and sets what it last read less what was sold: what the store itself sold since then comes back."""

from typing import Any

from tests.strangers.sweep.service import serve
from tests.strangers.sweep.ways.by_rest import RestShop, RestSweeper


class SettingShop(RestShop):
    known: dict[str, int]

    def variants(self) -> list[dict[str, Any]]:
        found = super().variants()
        self.known = {str(each["inventory_item_id"]): each["inventory_quantity"] for each in found}
        return found

    def change(self, item: str, location: str, delta: int) -> None:
        self.known[item] += delta
        body = {"inventory_item_id": int(item), "location_id": int(location), "available": self.known[item]}
        self.api.call("POST", "/inventory_levels/set.json", body)


if __name__ == "__main__":
    serve(RestSweeper, shop=SettingShop)
