"""A return gives back the whole order instead of the returned lines."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.flaws.deciding import changed
from stockstorm.reference_service.seams import Seams


def _changed(notification: ChannelNotification) -> ChannelNotification:
    order = notification.order
    returned = order.return_ and replace(order.return_, lines=order.lines)
    return replace(notification, order=replace(order, return_=returned))


def compose(seams: Seams) -> Seams:
    """The order's lines."""
    return replace(seams, decide=changed(seams.decide, _changed))
