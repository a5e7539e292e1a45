"""Passes over an order that it knows, so that nothing that happens to it later counts."""

from typing import Any

from tests.strangers.sweep.service import serve
from tests.strangers.sweep.sweeper import Sweeper


class Once(Sweeper):
    def learn(self, name: str, entry: dict[str, Any]) -> None:
        if name not in self.state.orders:
            super().learn(name, entry)


if __name__ == "__main__":
    serve(Once)
