"""Event bus, no receiver: Shopify delivers to Amazon EventBridge, a rule routes to SQS, the worker takes it from there.

An acknowledgement is the bus's answer to Shopify. EventBridge takes events of Shopify's source from Shopify alone, and
the queue takes messages from the rule alone: there are no forged deliveries, and no signature is looked at.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from stockstorm.reference_service.architectures.bus import bus_wiring, is_stub
from stockstorm.reference_service.ingress.bus_envelopes import read_eventbridge, reader
from stockstorm.reference_service.queues.opening import open_broker_queue, refuse_flaws
from stockstorm.reference_service.queues.sqs import open_sqs
from stockstorm.reference_service.settings import Settings, needed
from stockstorm.reference_service.wiring import Wiring, WorkerAlone


class BusEventBridge(WorkerAlone):
    """REFERENCE_BUS_URI is the ARN of Shopify's partner event source, REFERENCE_SQS_QUEUE_URL the rule's target."""

    name = "bus-eventbridge"

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Any) -> AsyncIterator[Wiring]:
        refuse_flaws(settings, has_receiver=False)
        url = needed("SQS_QUEUE_URL", "the queue that the bus's rule sends to")
        uri = needed("BUS_URI", "the ARN of Shopify's partner event source")
        read = reader(read_eventbridge, settings.shop_domain, settings.channels)
        async with (
            open_sqs(url) as broker,
            open_broker_queue(pool, broker, read, is_incomplete=is_stub) as queue,
        ):
            yield bus_wiring(queue, uri)
