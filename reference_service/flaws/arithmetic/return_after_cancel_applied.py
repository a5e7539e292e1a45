"""A return of a cancelled order gives its units back a second time."""

from collections.abc import Iterable

from msgspec.structs import replace

from stockstorm.reference_service.domain.order import KnownOrder, Outcome, outcome_of
from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.domain.topics import ORDER_RETURNED
from stockstorm.reference_service.seams import Seams


def _decide(
    channel: str,
    notification: ChannelNotification,
    known: KnownOrder | None,
    *,
    sale_waits: bool,
    returns: Iterable[str],
) -> Outcome:
    if notification.topic != ORDER_RETURNED or known is None or not known.cancelled:
        return outcome_of(channel, notification, known, sale_waits=sale_waits, returns=returns)
    open_order = replace(known, cancelled=False)
    outcome = outcome_of(channel, notification, open_order, sale_waits=sale_waits, returns=returns)
    return replace(outcome, order=outcome.order and replace(outcome.order, cancelled=True))


def compose(seams: Seams) -> Seams:
    """The order's state is not looked at."""
    return replace(seams, decide=_decide)
