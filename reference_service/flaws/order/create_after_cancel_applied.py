"""The order is applied in full although its cancellation has arrived before it."""

from collections.abc import Iterable

from msgspec.structs import replace

from stockstorm.reference_service.domain.order import KnownOrder, Outcome, outcome_of
from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.domain.topics import ORDER_CREATED
from stockstorm.reference_service.seams import Seams


def _decide(
    channel: str,
    notification: ChannelNotification,
    known: KnownOrder | None,
    *,
    sale_waits: bool,
    returns: Iterable[str],
) -> Outcome:
    if notification.topic == ORDER_CREATED and known is not None and not known.created:
        known = replace(known, cancelled=False)
    return outcome_of(channel, notification, known, sale_waits=sale_waits, returns=returns)


def compose(seams: Seams) -> Seams:
    """The tombstone is not looked at."""
    return replace(seams, decide=_decide)
