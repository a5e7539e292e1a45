"""Four more threads look at all stock, without a pause, to notice a change at once."""

import os
import threading

from tests.strangers.sweep.calls import NoAnswer, Rejected, Shop
from tests.strangers.sweep.service import serve
from tests.strangers.sweep.sweeper import Sweeper

LOOKERS = 4


class Restless(Sweeper):
    def run(self) -> None:
        for _ in range(LOOKERS):
            threading.Thread(target=self.look, daemon=True).start()
        super().run()

    def look(self) -> None:
        """With a connection of its own."""
        shop = Shop(os.environ["GRAPHQL_URL"], os.environ["ADMIN_TOKEN"])
        seen: dict[str, int] = {}
        while True:
            try:
                stock = shop.stock()
            except (NoAnswer, Rejected):
                continue
            if stock != seen:
                seen = stock
                self.wake.set()


if __name__ == "__main__":
    serve(Restless)
