"""Rows that a marketplace rejects in a bulk push are not pushed again."""

from collections.abc import Mapping

from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import Marketplace, Pushed
from stockstorm.reference_service.seams import Seams


class _Marketplace(Marketplace):
    async def push(self, quantities: Mapping[str, int]) -> Pushed:
        pushed = await super().push(quantities)
        return Pushed(pushed.accepted)


def compose(seams: Seams) -> Seams:
    """The answer's list of rejected rows is not read."""
    return replace(seams, make_marketplace=_Marketplace)
