"""The first topic that Shopify refuses ends the registration, so the topics after it are not subscribed to."""

from collections.abc import Iterable
from contextlib import suppress

from msgspec.structs import replace

from stockstorm.reference_service.clients.admin_api import AdminApi
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.subscriptions import SubscriptionRefused, subscribe_to_shop


async def _subscribe(admin: AdminApi, uri: str, topics: Iterable[str]) -> int:
    created = 0
    with suppress(SubscriptionRefused):
        for topic in reversed(list(topics)):
            if not await subscribe_to_shop(admin, uri, [topic]):
                break
            created += 1
    return created


def compose(seams: Seams) -> Seams:
    """The registration is replaced."""
    return replace(seams, subscribe=_subscribe)
