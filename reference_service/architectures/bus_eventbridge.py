"""Event bus without a receiver: Shopify delivers to Amazon EventBridge, a rule sends to SQS, the worker reads SQS.

The acknowledgement is the bus's answer to Shopify. EventBridge accepts events of Shopify's source only from Shopify,
and the queue accepts messages only from the rule. Forged deliveries are impossible, so signatures are not checked.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stockstorm.reference_service.architectures.bus import bus_wiring, is_stub
from stockstorm.reference_service.ingress.bus_envelopes import read_eventbridge, reader
from stockstorm.reference_service.queues.broker_queue import open_broker_queue, refuse_flaws
from stockstorm.reference_service.queues.sqs import open_sqs
from stockstorm.reference_service.settings import Settings, required
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.wiring import Wiring, WorkerAlone


class BusEventBridge(WorkerAlone):
    """REFERENCE_BUS_URI: the ARN of Shopify's partner event source. REFERENCE_SQS_QUEUE_URL: the rule's target."""

    name = "bus-eventbridge"

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Pool) -> AsyncIterator[Wiring]:
        refuse_flaws(settings, has_receiver=False)
        url = required("SQS_QUEUE_URL", "the queue that the bus's rule sends to")
        uri = required("BUS_URI", "the ARN of Shopify's partner event source")
        read = reader(read_eventbridge, settings.shop_domain, settings.channels)
        async with (
            open_sqs(url) as broker,
            open_broker_queue(pool, broker, read, is_incomplete=is_stub) as queue,
        ):
            yield bus_wiring(queue, uri)
