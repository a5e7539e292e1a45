"""The same sweep, which shows all stock on every marketplace in every round, changed or not."""

from tests.strangers.sweep.calls import Marketplace
from tests.strangers.sweep.orders import Units
from tests.strangers.sweep.service import serve
from tests.strangers.sweep.sweeper import Sweeper


class Thorough(Sweeper):
    def show(self, channel: str, marketplace: Marketplace, stock: Units) -> None:
        self.shown[channel].clear()
        super().show(channel, marketplace, stock)


if __name__ == "__main__":
    serve(Thorough)
