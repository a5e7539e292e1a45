"""Writes an order's whole effect at each of its news, and not the difference to what is written."""

from tests.strangers.sweep.orders import Units
from tests.strangers.sweep.service import serve
from tests.strangers.sweep.sweeper import Sweeper


class Repeating(Sweeper):
    def wanted(self, name: str) -> Units:
        before = self.state.written.get(name, {})
        now = super().wanted(name)
        return {sku: before.get(sku, 0) + now.get(sku, 0) for sku in {**before, **now}}


if __name__ == "__main__":
    serve(Repeating)
