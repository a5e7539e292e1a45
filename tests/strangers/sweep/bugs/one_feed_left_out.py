"""Reads the orders of every marketplace but the last one."""

from tests.strangers.sweep.calls import Marketplace
from tests.strangers.sweep.service import serve
from tests.strangers.sweep.sweeper import Sweeper


class Deaf(Sweeper):
    def read(self, channel: str, marketplace: Marketplace) -> None:
        if channel != list(self.marketplaces)[-1]:
            super().read(channel, marketplace)


if __name__ == "__main__":
    serve(Deaf)
