"""Counts the first line of an order and no other."""

from typing import Any

from tests.strangers.stockroom.service import serve
from tests.strangers.stockroom.worker import Worker


class FirstLine(Worker):
    def units(self, lines: list[dict[str, Any]]) -> dict[str, int]:
        return super().units(lines[:1])


if __name__ == "__main__":
    serve(worker_of=FirstLine)
