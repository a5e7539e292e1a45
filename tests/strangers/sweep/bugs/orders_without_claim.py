"""Bug: writes each sale as an order, and leaves to Shopify's default whether it takes its units from stock."""

from typing import Any

from tests.strangers.sweep.service import serve
from tests.strangers.sweep.ways.by_orders import OrderShop, OrderSweeper


class Trusting(OrderShop):
    def ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        return super().ask(query.replace(", options: {inventoryBehaviour: DECREMENT_IGNORING_POLICY}", ""), variables)


if __name__ == "__main__":
    serve(OrderSweeper, shop=Trusting)
