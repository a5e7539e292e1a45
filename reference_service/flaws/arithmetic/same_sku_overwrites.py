"""Lines are kept by SKU, so of two lines with one SKU the second replaces the first."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.flaws.deciding import changed, with_lines
from stockstorm.reference_service.seams import Seams


def _changed(notification: ChannelNotification) -> ChannelNotification:
    return with_lines(notification, lambda lines: list({line.sku: line for line in lines}.values()))


def compose(seams: Seams) -> Seams:
    """A dict of lines."""
    return replace(seams, decide=changed(seams.decide, _changed))
