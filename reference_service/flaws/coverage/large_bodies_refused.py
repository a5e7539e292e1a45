"""Bodies above 100 kB are refused: the limit that some web frameworks have unless another one is set."""

from msgspec.structs import replace

from stockstorm.reference_service.ingress.endpoint import TakesMessages
from stockstorm.reference_service.queues.base import InboxFull, Message
from stockstorm.reference_service.seams import Seams

BODY_MAX = 100_000  # bytes


class _Limited:
    def __init__(self, inbox: TakesMessages) -> None:
        self._inbox = inbox

    async def put(self, message: Message) -> None:
        if len(message.body) > BODY_MAX:
            raise InboxFull
        await self._inbox.put(message)


def compose(seams: Seams) -> Seams:
    """The endpoint has a limit."""
    return replace(seams, wrap_endpoint=_Limited)
