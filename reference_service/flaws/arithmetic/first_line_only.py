"""Only the first line of an order is read."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.flaws.deciding import changed, with_lines
from stockstorm.reference_service.seams import Seams


def _changed(notification: ChannelNotification) -> ChannelNotification:
    return with_lines(notification, lambda lines: list(lines[:1]))


def compose(seams: Seams) -> Seams:
    """lines[0]."""
    return replace(seams, decide=changed(seams.decide, _changed))
