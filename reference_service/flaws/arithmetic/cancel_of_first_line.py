"""A cancellation gives back the first SKU of an order only."""

from collections.abc import Iterable

from msgspec.structs import replace

from stockstorm.reference_service.domain.order import KnownOrder, Outcome, outcome_of
from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.domain.topics import ORDER_CANCELLED
from stockstorm.reference_service.seams import Seams


def _decide(
    channel: str,
    notification: ChannelNotification,
    known: KnownOrder | None,
    *,
    sale_waits: bool,
    returns: Iterable[str],
) -> Outcome:
    if notification.topic == ORDER_CANCELLED and known is not None and known.created and known.lines:
        first = next(iter(known.lines))
        known, sale_waits = replace(known, lines={first: known.lines[first]}), sale_waits and len(known.lines) == 1
    return outcome_of(channel, notification, known, sale_waits=sale_waits, returns=returns)


def compose(seams: Seams) -> Seams:
    """lines[0] of the cancelled order."""
    return replace(seams, decide=_decide)
