"""Shows only levels that differ from what it showed last, and forgets that marketplaces count down themselves."""

from tests.strangers.sweep.calls import Marketplace
from tests.strangers.sweep.orders import Units
from tests.strangers.sweep.service import serve
from tests.strangers.sweep.sweeper import Sweeper


class Thrifty(Sweeper):
    def show(self, channel: str, marketplace: Marketplace, stock: Units) -> None:
        self.touched[channel].clear()
        super().show(channel, marketplace, stock)


if __name__ == "__main__":
    serve(Thrifty)
