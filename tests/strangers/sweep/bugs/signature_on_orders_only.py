"""Checks the signature of orders. Levels and products were added later, without it."""

from tests.strangers.sweep.service import Door, serve


class Ajar(Door):
    def may_ring(self, body: bytes) -> bool:
        topic = self.headers.get("X-Shopify-Topic", "orders/create")
        return not topic.startswith("orders/") or super().may_ring(body)


if __name__ == "__main__":
    serve(door=Ajar)
