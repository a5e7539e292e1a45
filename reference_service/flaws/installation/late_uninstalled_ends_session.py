"""app/uninstalled ends the session whenever it comes, also that of an app that was installed again meanwhile."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.topics import SHOPIFY
from stockstorm.reference_service.ingress.endpoint import TakesMessages
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.seams import Seams

UNINSTALLED = "app/uninstalled"


class _Session:
    def __init__(self, inbox: TakesMessages) -> None:
        self._inbox = inbox
        self._ended = False

    async def put(self, message: Message) -> None:
        if message.source != SHOPIFY:
            await self._inbox.put(message)
            return
        self._ended = self._ended or message.topic == UNINSTALLED
        if not self._ended:
            await self._inbox.put(message)


def compose(seams: Seams) -> Seams:
    """Without a session a shop's webhooks are acknowledged and dropped."""
    return replace(seams, wrap_endpoint=lambda inbox: _Session(seams.wrap_endpoint(inbox)))
