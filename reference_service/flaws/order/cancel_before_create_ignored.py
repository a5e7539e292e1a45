"""A cancellation that arrives before its order is ignored as unknown, and the order is then applied."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.order import KnownOrder
from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.domain.topics import ORDER_CANCELLED
from stockstorm.reference_service.flaws.deciding import ignored
from stockstorm.reference_service.seams import Seams


def _is_early(_: str, notification: ChannelNotification, known: KnownOrder | None) -> bool:
    return notification.topic == ORDER_CANCELLED and (known is None or not known.created)


def compose(seams: Seams) -> Seams:
    """No tombstone is left."""
    return replace(seams, decide=ignored(seams.decide, _is_early))
