"""A return gives its units back although they are not sellable again."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.flaws.deciding import changed
from stockstorm.reference_service.seams import Seams


def _changed(notification: ChannelNotification) -> ChannelNotification:
    order = notification.order
    returned = order.return_ and replace(order.return_, restock=True)
    return replace(notification, order=replace(order, return_=returned))


def compose(seams: Seams) -> Seams:
    """Every return is restocked."""
    return replace(seams, decide=changed(seams.decide, _changed))
