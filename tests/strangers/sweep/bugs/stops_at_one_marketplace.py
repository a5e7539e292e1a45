"""Gives the whole round up when one marketplace does not answer: the others wait for it."""

from collections.abc import Callable

from tests.strangers.sweep.calls import Marketplace
from tests.strangers.sweep.service import serve
from tests.strangers.sweep.sweeper import Sweeper


class AllOrNothing(Sweeper):
    def at_each(self, visit: Callable[[str, Marketplace], None]) -> None:
        for channel, marketplace in self.marketplaces.items():
            visit(channel, marketplace)


if __name__ == "__main__":
    serve(AllOrNothing)
