"""A cancellation gives back all units of the order, also those that a return has given back already."""

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
    if notification.topic == ORDER_CANCELLED and known is not None:
        known, sale_waits = replace(known, returned={}), sale_waits and not known.returned
    return outcome_of(channel, notification, known, sale_waits=sale_waits, returns=returns)


def compose(seams: Seams) -> Seams:
    """Returns are not subtracted."""
    return replace(seams, decide=_decide)
