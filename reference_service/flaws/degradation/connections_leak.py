"""Every push opens a connection of its own, which is never closed."""

from collections.abc import Mapping
from typing import ClassVar

from aiohttp import ClientSession
from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import Marketplace, Pushed
from stockstorm.reference_service.seams import Seams


class _Marketplace(Marketplace):
    _opened: ClassVar[list[ClientSession]] = []

    async def push(self, quantities: Mapping[str, int]) -> Pushed:
        self._session = ClientSession()
        self._opened.append(self._session)
        return await super().push(quantities)


def compose(seams: Seams) -> Seams:
    """A client for each call."""
    return replace(seams, make_marketplace=_Marketplace)
