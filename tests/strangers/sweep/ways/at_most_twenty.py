"""The same sweep, which shows no more than 20 units of anything. It declares `lists_less`."""

from tests.strangers.sweep.calls import Marketplace
from tests.strangers.sweep.orders import Units
from tests.strangers.sweep.service import serve
from tests.strangers.sweep.sweeper import Sweeper

MOST = 20


class Capped(Sweeper):
    def show(self, channel: str, marketplace: Marketplace, stock: Units) -> None:
        super().show(channel, marketplace, {sku: min(level, MOST) for sku, level in stock.items()})


if __name__ == "__main__":
    serve(Capped)
