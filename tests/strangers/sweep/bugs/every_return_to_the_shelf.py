"""Puts returned goods back on sale, also those that the marketplace says are not fit for it."""

from typing import Any

from tests.strangers.sweep.service import serve
from tests.strangers.sweep.sweeper import Sweeper


class Optimistic(Sweeper):
    def learn(self, name: str, entry: dict[str, Any]) -> None:
        if entry["order"]["return"] is not None:
            back = {**entry["order"]["return"], "restock": True}
            entry = {**entry, "order": {**entry["order"], "return": back}}
        super().learn(name, entry)


if __name__ == "__main__":
    serve(Optimistic)
