"""Of two returns of an order only the second is remembered, so a later cancellation gives the first one back again."""

from collections.abc import Iterable

from msgspec.structs import replace

from stockstorm.reference_service.domain.order import KnownOrder, Outcome, units_of
from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.seams import Seams


def compose(seams: Seams) -> Seams:
    """The units of a return are put in place of those before, and not added to them."""

    def decide(
        channel: str,
        notification: ChannelNotification,
        known: KnownOrder | None,
        *,
        sale_waits: bool,
        returns: Iterable[str],
    ) -> Outcome:
        outcome = seams.decide(channel, notification, known, sale_waits=sale_waits, returns=returns)
        back = notification.order.return_
        if back is None or outcome.order is None or outcome.effect is None:
            return outcome
        before = known.returned if known is not None else {}
        return replace(outcome, order=replace(outcome.order, returned={**before, **units_of(back.lines)}))

    return replace(seams, decide=decide)
