"""The shop's webhooks are told apart by their event id. All events of one action share it: only the first counts."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from stockstorm.reference_service.ingress.endpoint import SHOPIFY_HEADERS, Sender, senders_of
from stockstorm.reference_service.seams import Seams


def _senders(
    shop_domain: str,
    channels: Iterable[str],
    client_secret: bytes | None,
    channel_secret: bytes | None,
    previous_client_secret: bytes | None = None,
) -> Mapping[str, Sender]:
    found = senders_of(shop_domain, channels, client_secret, channel_secret, previous_client_secret)
    headers = replace(SHOPIFY_HEADERS, webhook_id=b"x-shopify-event-id")
    return {**found, "": replace(found[""], headers=headers)}


def compose(seams: Seams) -> Seams:
    """As an older page of Shopify's told."""
    return replace(seams, senders=_senders)
