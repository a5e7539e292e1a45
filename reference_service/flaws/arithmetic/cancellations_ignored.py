"""Cancellations have no effect."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.order import KnownOrder
from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.domain.topics import ORDER_CANCELLED
from stockstorm.reference_service.flaws.deciding import ignored
from stockstorm.reference_service.seams import Seams


def _ignores(_: str, notification: ChannelNotification, known: KnownOrder | None) -> bool:  # noqa: ARG001 - as `ignored` calls it
    return notification.topic == ORDER_CANCELLED


def compose(seams: Seams) -> Seams:
    """The topic has no branch."""
    return replace(seams, decide=ignored(seams.decide, _ignores))
