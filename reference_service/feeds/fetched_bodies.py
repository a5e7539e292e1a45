"""Completes what was too large for the bus: Shopify then sends `{"id": …}` alone, and the rest is asked by API.

It runs beside the work_types, so that no transaction is open while the API answers.
"""

import msgspec
import structlog

from stockstorm.reference_service.clients.admin_api import AdminApi
from stockstorm.reference_service.clients.order_documents import whole_of
from stockstorm.reference_service.ingress.bus_envelopes import stub_id
from stockstorm.reference_service.queues.broker_queue import BrokerQueue
from stockstorm.reference_service.queues.prefetch_buffer import Prefetched

log = structlog.get_logger()


class FetchedBodies:
    """A feed of the worker over the messages that its queue has set aside."""

    def __init__(self, queue: BrokerQueue, admin: AdminApi) -> None:
        self._queue = queue
        self._admin = admin

    async def catch_up(self) -> None:
        """Nothing was missed: what waits for its body is still at the broker."""

    async def run(self) -> None:
        while True:
            held = await self._queue.next_incomplete()
            try:
                body = await self._fetch(held)
            except BaseException:
                self._queue.give_back(held, 0.0)
                raise
            if body is not None:
                held = msgspec.structs.replace(held, message=msgspec.structs.replace(held.message, body=body))
            # What is gone from the shop has nothing left to tell; its stub becomes a dead letter that says so.
            self._queue.complete(held)

    async def _fetch(self, held: Prefetched) -> bytes | None:
        number = stub_id(held.message)
        found = None if number is None else whole_of(held.message.topic, number)
        if found is None:
            return None
        answer = await self._admin.call(*found)
        log.info("body_fetched", topic=held.message.topic)
        return answer.data.body()
