"""Every line counts as one unit."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.flaws.deciding import changed, with_lines
from stockstorm.reference_service.seams import Seams


def _changed(notification: ChannelNotification) -> ChannelNotification:
    return with_lines(notification, lambda lines: [replace(line, quantity=min(1, line.quantity)) for line in lines])


def compose(seams: Seams) -> Seams:
    """One unit a line."""
    return replace(seams, decide=changed(seams.decide, _changed))
