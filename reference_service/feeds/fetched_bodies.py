"""Fetches bodies that were too large for the event bus. Shopify sends `{"id": …}` instead; the rest is read by API.

It runs beside the work loops, so that no transaction is open during a call to the API.
"""

import msgspec
import structlog

from stockstorm.reference_service.clients.admin_api import AdminApi
from stockstorm.reference_service.clients.order_documents import whole_of
from stockstorm.reference_service.ingress.bus_envelopes import stub_id
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.queues.broker_queue import BrokerQueue

log = structlog.get_logger()


class FetchedBodies:
    """A feed over the incomplete messages of the worker's queue."""

    def __init__(self, queue: BrokerQueue, admin: AdminApi) -> None:
        self._queue = queue
        self._admin = admin

    async def catch_up(self) -> None:
        """Does nothing: incomplete messages wait at the broker."""

    async def run(self) -> None:
        """Completes messages until cancelled."""
        while True:
            incomplete = await self._queue.next_incomplete()
            try:
                body = await self._fetch(incomplete.message)
            except BaseException:
                self._queue.give_back(incomplete, 0.0)
                raise
            if body is not None:
                message = msgspec.structs.replace(incomplete.message, body=body)
                incomplete = msgspec.structs.replace(incomplete, message=message)
            # A resource that is gone from the shop has no body; its stub then becomes a dead letter.
            self._queue.complete(incomplete)

    async def _fetch(self, message: Message) -> bytes | None:
        number = stub_id(message)
        operation = None if number is None else whole_of(message.topic, number)
        if operation is None:
            return None
        answer = await self._admin.call(*operation)
        log.info("body_fetched", topic=message.topic)
        return answer.data.body()
