"""The returns of an order are recognised by the order, so the second part that comes back is taken for a copy."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.order import KnownOrder
from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.domain.topics import ORDER_RETURNED
from stockstorm.reference_service.flaws.deciding import ignored
from stockstorm.reference_service.seams import Seams


def _is_second(_: str, notification: ChannelNotification, known: KnownOrder | None) -> bool:
    return notification.topic == ORDER_RETURNED and known is not None and bool(known.returned)


def compose(seams: Seams) -> Seams:
    """UNIQUE (order_id) in the table of returns."""
    return replace(seams, decide=ignored(seams.decide, _is_second))
