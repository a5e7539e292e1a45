"""Acknowledges cancellations of marketplaces and does nothing about them."""

from typing import Any

from tests.strangers.stockroom.service import serve
from tests.strangers.stockroom.worker import Worker


class NeverCancels(Worker):
    def notified(self, body: dict[str, Any]) -> None:
        if body["topic"] != "order.cancelled":
            super().notified(body)


if __name__ == "__main__":
    serve(worker_of=NeverCancels)
