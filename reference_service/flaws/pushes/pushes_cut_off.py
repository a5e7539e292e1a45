"""Of the SKUs that wait for a push, those that do not fit into one are forgotten."""

from stockstorm.reference_service.flaws.pushing import with_state
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import ListingState

ROWS_MAX = 3


class _State(ListingState):
    def take(self, rows_max: int = ROWS_MAX) -> list[str]:
        everything = len(self.dirty)  # a start lists all SKUs
        taken = super().take(everything if everything > 10 * ROWS_MAX else min(rows_max, ROWS_MAX))
        self.dirty.clear()
        return taken


def compose(seams: Seams) -> Seams:
    """The set of what waits is emptied after one page."""
    return with_state(seams, _State)
