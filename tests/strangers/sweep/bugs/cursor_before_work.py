"""Stores each cursor as soon as its page is read, and the orders when they are written: a kill between loses them."""

import json
import os
from pathlib import Path

from tests.strangers.sweep.calls import Marketplace, Shop
from tests.strangers.sweep.service import serve
from tests.strangers.sweep.sweeper import State, Sweeper


class CursorFirst(Sweeper):
    def __init__(self, shop: Shop, marketplaces: dict[str, Marketplace], state: State) -> None:
        super().__init__(shop, marketplaces, state)
        self.file = Path(os.environ["STATE"]).with_suffix(".cursors")
        if self.file.exists():
            state.cursors = json.loads(self.file.read_text())

    def read_page(self, channel: str, marketplace: Marketplace) -> int:
        count = super().read_page(channel, marketplace)
        self.file.write_text(json.dumps(self.state.cursors))
        return count


if __name__ == "__main__":
    serve(CursorFirst)
