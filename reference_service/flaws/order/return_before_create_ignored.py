"""A return of an order that is not known yet is ignored, so the order that comes later takes all of its units."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.order import KnownOrder
from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.domain.topics import ORDER_RETURNED
from stockstorm.reference_service.flaws.deciding import ignored
from stockstorm.reference_service.seams import Seams


def _is_ahead(_: str, notification: ChannelNotification, known: KnownOrder | None) -> bool:
    return notification.topic == ORDER_RETURNED and (known is None or not known.created)


def compose(seams: Seams) -> Seams:
    """UPDATE orders … WHERE id = the order's, which matches no row."""
    return replace(seams, decide=ignored(seams.decide, _is_ahead))
