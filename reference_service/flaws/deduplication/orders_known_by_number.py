"""Orders are known by their number, whatever the marketplace: of two with the same number the second has no effect."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.order import KnownOrder
from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.flaws.deciding import ignored
from stockstorm.reference_service.seams import Seams


def compose(seams: Seams) -> Seams:
    """The channel is not a part of the key."""
    first: dict[str, str] = {}  # by number: the marketplace that had it first

    def is_another(channel: str, notification: ChannelNotification, _: KnownOrder | None) -> bool:
        return first.setdefault(notification.order.order_id, channel) != channel

    return replace(seams, decide=ignored(seams.decide, is_another))
