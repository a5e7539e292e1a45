"""The first ten lines of an order are read: a page of lines, of which there is a second one."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.flaws.deciding import changed, with_lines
from stockstorm.reference_service.seams import Seams

PAGE = 10


def _changed(notification: ChannelNotification) -> ChannelNotification:
    return with_lines(notification, lambda lines: list(lines[:PAGE]))


def compose(seams: Seams) -> Seams:
    """The second page is not asked for."""
    return replace(seams, decide=changed(seams.decide, _changed))
