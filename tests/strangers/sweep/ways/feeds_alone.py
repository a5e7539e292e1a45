"""The same sweep, which gives no marketplace an address: it reads their orders every half second."""

from tests.strangers.sweep import sweeper
from tests.strangers.sweep.calls import Marketplace
from tests.strangers.sweep.service import serve

sweeper.LOOKS_EVERY_S = 0.5


def notify(self: Marketplace, url: str) -> None:
    """Nobody."""
    del self, url


if __name__ == "__main__":
    Marketplace.notify = notify  # type: ignore[method-assign]  # as a user would leave it out
    serve()
