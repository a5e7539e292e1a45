"""A webhook that is already known is answered 503 instead of 200, so its sender repeats it until it gives up."""

from msgspec.structs import replace

from stockstorm.reference_service.ingress.endpoint import TakesMessages
from stockstorm.reference_service.queues.base import InboxFull, Message
from stockstorm.reference_service.seams import Seams


class _Refusing:
    def __init__(self, inbox: TakesMessages) -> None:
        self._inbox = inbox
        self._known: set[tuple[str, str]] = set()

    async def put(self, message: Message) -> None:
        if message.identity in self._known:
            raise InboxFull
        await self._inbox.put(message)
        self._known.add(message.identity)


def compose(seams: Seams) -> Seams:
    """The unique constraint is an error to the sender."""
    return replace(seams, wrap_endpoint=_Refusing)
