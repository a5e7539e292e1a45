"""Of two returns of an order only the second is remembered, so a later cancellation gives the first one back again."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.order import KnownOrder, Outcome, units_of
from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.flaws.deciding import concluded
from stockstorm.reference_service.seams import Seams


def compose(seams: Seams) -> Seams:
    """The units of a return are put in place of those before, and not added to them."""

    def overwrite(outcome: Outcome, notification: ChannelNotification, known: KnownOrder | None) -> Outcome:
        back = notification.order.return_
        if back is None or outcome.order is None or outcome.effect is None:
            return outcome
        before = known.returned if known is not None else {}
        return replace(outcome, order=replace(outcome.order, returned={**before, **units_of(back.lines)}))

    return replace(seams, decide=concluded(seams.decide, overwrite))
