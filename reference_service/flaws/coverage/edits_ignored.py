"""What an edit of an order does to stock is left to a handler of orders/edited, which was never written.

A stock level that was triggered together with an edit is recorded, and nothing is done with it.
"""

from msgspec.structs import replace

from stockstorm.reference_service.domain.topics import SHOPIFY_TOPICS, WorkType
from stockstorm.reference_service.ingress.endpoint import TakesMessages
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.seams import Seams

EDITED = "orders/edited"


class _LeavesEdits:
    def __init__(self, inbox: TakesMessages) -> None:
        self._inbox = inbox
        self._edited: set[int | None] = set()  # when they were triggered

    async def put(self, message: Message) -> None:
        if message.topic == EDITED:
            self._edited.add(message.triggered_ns)
        of_edit = message.work_type is WorkType.STOCK and message.triggered_ns in self._edited
        await self._inbox.put(replace(message, work_type=WorkType.IGNORED) if of_edit else message)


def compose(seams: Seams) -> Seams:
    """The endpoint sorts messages, and the topic is subscribed to."""
    return replace(seams, wrap_endpoint=_LeavesEdits, topics=(*SHOPIFY_TOPICS, EDITED))
