"""What was pushed last is taken for what a marketplace lists, although it counts its own sales down."""

from collections.abc import Iterable

from msgspec.structs import replace

from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import ListingPusher


class _Pusher(ListingPusher):
    def forget(self, skus: Iterable[str]) -> None:
        self.touch(skus)


def compose(seams: Seams) -> Seams:
    """A sale of the marketplace is a change like any other."""
    return replace(seams, make_pusher=_Pusher)
