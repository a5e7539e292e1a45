"""What was processed is looked up when a claim begins, so a notification that is in one claim twice counts twice."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from stockstorm.reference_service.domain.order import KnownOrder, Outcome
from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.handlers import Handler, WorkResult
from stockstorm.reference_service.handlers.marketplace_orders import Decide
from stockstorm.reference_service.queues.base import Entry
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Connection

Identity = tuple[str, str, str, str]  # channel, order id, topic, return id or nothing


class _Claim:
    """What the present claim has decided, and what was known of each order before that."""

    def __init__(self, decide: Decide) -> None:
        self._decide = decide
        self.known: dict[Identity, KnownOrder | None] = {}

    def decide(
        self,
        channel: str,
        notification: ChannelNotification,
        known: KnownOrder | None,
        *,
        sale_waits: bool,
        returns: Iterable[str],
    ) -> Outcome:
        returned = notification.order.return_
        identity = (channel, notification.order.order_id, notification.topic, returned.return_id if returned else "")
        if identity in self.known:
            known, returns = self.known[identity], ()
        self.known[identity] = known
        return self._decide(channel, notification, known, sale_waits=sale_waits, returns=returns)


class _Begins:
    """A handler whose claims know nothing of each other but what is stored."""

    def __init__(self, handler: Handler, claim: _Claim) -> None:
        self._handler, self._claim = handler, claim

    async def apply(self, connection: Connection, entries: Sequence[Entry]) -> WorkResult:
        self._claim.known.clear()
        return await self._handler.apply(connection, entries)


def compose(seams: Seams) -> Seams:
    """SELECT the known ids of the batch, and then a loop that adds none of its own."""
    claim = _Claim(seams.decide)

    def wrap(work_type: WorkType, handler: Handler) -> Handler:
        handler = seams.wrap_handler(work_type, handler)
        return _Begins(handler, claim) if work_type is WorkType.CHANNEL else handler

    return replace(seams, decide=claim.decide, wrap_handler=wrap)
