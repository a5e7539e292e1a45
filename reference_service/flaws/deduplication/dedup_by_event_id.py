"""The shop's webhooks are told apart by their event id. All events of one action share it: only the first counts.

What one action fires has one event id and one time of its trigger, by which this finds them.
"""

from msgspec.structs import replace

from stockstorm.reference_service.domain.topics import SHOPIFY
from stockstorm.reference_service.ingress.endpoint import TakesMessages
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.seams import Seams


class _ByAction:
    def __init__(self, inbox: TakesMessages) -> None:
        self._inbox = inbox
        self._first: dict[int, str] = {}  # by the time of the trigger: the webhook that came first

    async def put(self, message: Message) -> None:
        if message.source == SHOPIFY and message.triggered_ns is not None:
            first = self._first.setdefault(message.triggered_ns, message.webhook_id)
            if first != message.webhook_id:
                return
        await self._inbox.put(message)


def compose(seams: Seams) -> Seams:
    """As an older page of Shopify's told."""
    return replace(seams, wrap_endpoint=lambda inbox: _ByAction(seams.wrap_endpoint(inbox)))
