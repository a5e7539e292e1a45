"""Every push opens a connection of its own, which is never closed."""

from collections.abc import Mapping
from typing import ClassVar

from aiohttp import ClientSession, TCPConnector
from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import Marketplace, Pushed
from stockstorm.reference_service.seams import Seams

KEPT_S = 86_400.0  # aiohttp itself closes what was idle for 15 s


class _Marketplace(Marketplace):
    _opened: ClassVar[list[ClientSession]] = []

    async def push(self, quantities: Mapping[str, int]) -> Pushed:
        self._session = ClientSession(connector=TCPConnector(keepalive_timeout=KEPT_S))
        self._opened.append(self._session)
        return await super().push(quantities)


def compose(seams: Seams) -> Seams:
    """A client for each call."""
    return replace(seams, make_marketplace=_Marketplace)
