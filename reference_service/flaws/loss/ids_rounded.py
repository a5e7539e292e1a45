"""Ids in webhooks of stock are read as JSON.parse reads them: a double, which holds no integer above 2^53 exactly."""

import json

from msgspec.structs import replace

from stockstorm.reference_service.domain.payloads import UNREADABLE_JSON
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.ingress.endpoint import TakesMessages
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.seams import Seams


class _Rounding:
    def __init__(self, inbox: TakesMessages) -> None:
        self._inbox = inbox

    async def put(self, message: Message) -> None:
        await self._inbox.put(_rounded(message) if message.work_type is WorkType.STOCK else message)


def _rounded(message: Message) -> Message:
    try:
        found = json.loads(message.body, parse_int=lambda digits: int(float(digits)))
    except (*UNREADABLE_JSON, ValueError):
        return message
    return replace(message, body=json.dumps(found).encode())


def compose(seams: Seams) -> Seams:
    """Ids that are text, as in GraphQL, stay exact."""
    return replace(seams, wrap_endpoint=lambda inbox: _Rounding(seams.wrap_endpoint(inbox)))
