"""Reads a feed until a page is empty: where orders come faster than calls are allowed, that takes for ever."""

from tests.strangers.sweep.calls import Marketplace
from tests.strangers.sweep.service import serve
from tests.strangers.sweep.sweeper import Sweeper


class ToTheEnd(Sweeper):
    def read(self, channel: str, marketplace: Marketplace) -> None:
        while self.read_page(channel, marketplace):
            pass


if __name__ == "__main__":
    serve(ToTheEnd)
