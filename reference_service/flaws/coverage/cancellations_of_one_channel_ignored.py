"""The cancellations of one marketplace, mercado, have no effect."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.order import KnownOrder
from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.domain.topics import ORDER_CANCELLED
from stockstorm.reference_service.flaws.deciding import ignored
from stockstorm.reference_service.seams import Seams


def _ignores(channel: str, notification: ChannelNotification, known: KnownOrder | None) -> bool:  # noqa: ARG001 - as `ignored` calls it
    return channel == "mercado" and notification.topic == ORDER_CANCELLED


def compose(seams: Seams) -> Seams:
    """Its adapter has no branch for them."""
    return replace(seams, decide=ignored(seams.decide, _ignores))
