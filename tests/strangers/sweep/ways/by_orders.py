"""The same sweep, but each sale of a marketplace becomes an order in Shopify instead of an adjustment.

A return becomes a refund there, a cancellation a cancellation. An order is looked up by its source identifier before
it is created, because `orderCreate` has no idempotency key. What no order can say is adjusted as before.
"""

import json
from typing import Any

from tests.strangers.sweep.calls import Rejected, Shop
from tests.strangers.sweep.orders import Units, effect
from tests.strangers.sweep.service import serve
from tests.strangers.sweep.sweeper import Sweeper

VARIANTS = """query Variants($after: String) {
  productVariants(first: 250, after: $after) { nodes { id sku } pageInfo { hasNextPage endCursor } }
}"""
FIND = """query Find($query: String!) { orders(first: 1, query: $query) { nodes { ...Ours } } }
fragment Ours on Order { id lineItems(first: 50) { nodes { id sku } } }"""
CREATE = """mutation Create($order: OrderCreateOrderInput!) {
  orderCreate(order: $order, options: {inventoryBehaviour: DECREMENT_IGNORING_POLICY}) {
    order { ...Ours } userErrors { field message } }
}
fragment Ours on Order { id lineItems(first: 50) { nodes { id sku } } }"""
CANCEL = """mutation Cancel($id: ID!) { orderCancel(orderId: $id, reason: CUSTOMER, restock: true) {
  orderCancelUserErrors { message } } }"""
REFUND = """mutation Refund($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) { userErrors { message } }
}"""


class OrderShop(Shop):
    variants: dict[str, str]

    def variant(self, sku: str) -> str:
        if not hasattr(self, "variants"):
            self.variants = {node["sku"]: node["id"] for node in self.pages(VARIANTS, "productVariants")}
        return self.variants[sku]

    def place(self, ref: str, lines: Units) -> dict[str, Any]:
        """The order of this reference: the one that is there, or a new one."""
        found = self.ask(FIND, {"query": f"source_identifier:'{ref}'"})["orders"]["nodes"]
        if found:
            return self.kept(found[0])
        rows = [{"variantId": self.variant(sku), "quantity": quantity} for sku, quantity in lines.items()]
        order = {"lineItems": rows, "sourceIdentifier": ref, "tags": ["marketplace"], "financialStatus": "PAID"}
        return self.kept(self.done(CREATE, "orderCreate", {"order": order})["order"])

    @staticmethod
    def kept(order: dict[str, Any]) -> dict[str, Any]:
        lines = {line["sku"]: line["id"] for line in order["lineItems"]["nodes"]}
        return {"id": order["id"], "lines": lines, "returns": [], "cancelled": False}

    def refund(self, order: dict[str, Any], key: str, back: dict[str, Any]) -> None:
        kind = "RETURN" if back["restock"] else "NO_RESTOCK"
        rows = [
            {"lineItemId": order["lines"][sku], "quantity": quantity, "restockType": kind}
            for sku, quantity in back["lines"].items()
        ]
        self.done(REFUND, "refundCreate", {"key": key, "input": {"orderId": order["id"], "refundLineItems": rows}})

    def cancel(self, order: dict[str, Any]) -> None:
        self.done(CANCEL, "orderCancel", {"id": order["id"]})

    def done(self, query: str, name: str, variables: dict[str, Any]) -> dict[str, Any]:
        payload: dict[str, Any] = self.ask(query, variables)[name]
        if errors := payload.get("userErrors") or payload.get("orderCancelUserErrors"):
            raise Rejected(json.dumps(errors)[:500])
        return payload


class OrderSweeper(Sweeper):
    shop: OrderShop

    def prepare(self) -> bool:
        for name in dict.fromkeys(self.open):
            self.bring_up(name, self.state.orders[name])
        return super().prepare()

    def bring_up(self, name: str, order: dict[str, Any]) -> None:
        """Does what is still to do to the order in Shopify. The state is stored after each step."""
        mine = order.get("shop")
        if mine is None:
            if not any(effect(order).values()):
                return  # not placed yet, or cancelled before it was written
            mine = order["shop"] = self.shop.place(name.partition("/")[2], order["lines"])
            self.took(name, order["lines"], -1)
        for key, back in order["returns"].items():
            if key not in mine["returns"] and not mine["cancelled"]:
                self.shop.refund(mine, f"{name}/{key}", back)
                mine["returns"].append(key)
                self.took(name, back["lines"], int(back["restock"]))
        if order["cancelled"] and not mine["cancelled"]:
            self.shop.cancel(mine)
            mine["cancelled"] = True
            left = dict(order["lines"])
            for key in mine["returns"]:
                for sku, quantity in order["returns"][key]["lines"].items():
                    left[sku] -= quantity
            self.took(name, left, 1)

    def took(self, name: str, lines: Units, sign: int) -> None:
        """What the orders have done to the stock counts as written."""
        written = self.state.written.setdefault(name, {})
        for sku, quantity in lines.items():
            written[sku] = written.get(sku, 0) + sign * quantity
        self.state.save()


if __name__ == "__main__":
    serve(OrderSweeper, shop=OrderShop)
