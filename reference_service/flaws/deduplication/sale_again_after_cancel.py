"""A sale that comes again after a return and a cancellation counts as one that its cancellation preceded.

So it takes the units of the return once more.
"""

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
    if notification.topic == ORDER_CREATED and known is not None and known.cancelled:
        known = replace(known, created=False)
    return outcome_of(channel, notification, known, sale_waits=sale_waits, returns=returns)


def compose(seams: Seams) -> Seams:
    """The test for a copy leaves cancelled orders out."""
    return replace(seams, decide=_decide)
