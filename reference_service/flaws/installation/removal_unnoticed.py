"""Subscriptions are created once and never looked at again, so a removal by Shopify is not noticed."""

from collections.abc import Iterable

from msgspec.structs import replace

from stockstorm.reference_service.clients.admin_api import AdminApi
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.subscriptions import subscribe_to_shop


class _Once:
    def __init__(self) -> None:
        self._done = False

    async def __call__(self, admin: AdminApi, uri: str, topics: Iterable[str]) -> int:
        if self._done:
            return 0
        created = await subscribe_to_shop(admin, uri, topics)
        self._done = True
        return created


def compose(seams: Seams) -> Seams:
    """The registration is replaced."""
    return replace(seams, subscribe=_Once())
