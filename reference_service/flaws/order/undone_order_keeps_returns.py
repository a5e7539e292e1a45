"""An order that comes after its returns and its cancellation has no effect: what its returns gave back stays."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.order import KnownOrder, Outcome
from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.domain.topics import ORDER_CREATED
from stockstorm.reference_service.flaws.deciding import concluded
from stockstorm.reference_service.seams import Seams


def compose(seams: Seams) -> Seams:
    """A cancelled order is taken for one that netted to zero."""

    def leave_out(outcome: Outcome, notification: ChannelNotification, known: KnownOrder | None) -> Outcome:
        undone = known is not None and known.cancelled and notification.topic == ORDER_CREATED
        return replace(outcome, effect=None) if undone else outcome

    return replace(seams, decide=concluded(seams.decide, leave_out))
