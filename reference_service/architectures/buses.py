"""Event buses without a receiver: Shopify delivers to the bus, and the worker reads what the bus passes on.

`bus-eventbridge`: a rule of Amazon EventBridge sends to SQS. `bus-pubsub`: a subscription to a Google Pub/Sub topic.
The acknowledgement is the bus's answer to Shopify. EventBridge accepts events of Shopify's source only from Shopify,
and the queue accepts messages only from the rule. Pub/Sub accepts messages only from accounts that the topic's owner
has authorised. So forged deliveries are impossible, and signatures are not checked.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stockstorm.reference_service.architectures.architecture import WorkerAlone
from stockstorm.reference_service.feeds.fetched_bodies import FetchedBodies
from stockstorm.reference_service.feeds.missed import repairing_feeds
from stockstorm.reference_service.ingress.bus_envelopes import read_eventbridge, read_pubsub, reader, stub_id
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.queues.broker_queue import BrokerQueue, open_broker_queue
from stockstorm.reference_service.queues.pubsub import open_pubsub
from stockstorm.reference_service.queues.sqs import open_sqs
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.settings import Settings, required
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.wiring import Wiring


class BusEventBridge(WorkerAlone):
    """REFERENCE_BUS_URI: the ARN of Shopify's partner event source. REFERENCE_SQS_QUEUE_URL: the rule's target."""

    name = "bus-eventbridge"
    reconciles = True

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Pool, seams: Seams) -> AsyncIterator[Wiring]:  # noqa: ARG002 - the protocol's
        url = required("SQS_QUEUE_URL", "the queue that the bus's rule sends to")
        uri = required("BUS_URI", "the ARN of Shopify's partner event source")
        read = reader(read_eventbridge, settings.shop_domain, settings.channels)
        async with (
            open_sqs(url) as broker,
            open_broker_queue(pool, broker, read, is_incomplete=_is_stub) as queue,
        ):
            yield _bus_wiring(queue, uri)


class BusPubSub(WorkerAlone):
    """REFERENCE_BUS_URI: pubsub://project:topic. REFERENCE_PUBSUB_SUBSCRIPTION: a subscription to that topic."""

    name = "bus-pubsub"
    reconciles = True

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Pool, seams: Seams) -> AsyncIterator[Wiring]:  # noqa: ARG002 - the protocol's
        subscription = required("PUBSUB_SUBSCRIPTION", "the subscription as projects/…/subscriptions/…")
        uri = required("BUS_URI", "the topic as pubsub://project:topic")
        read = reader(read_pubsub, settings.shop_domain, settings.channels)
        async with (
            open_pubsub(subscription=subscription) as broker,
            open_broker_queue(pool, broker, read, is_incomplete=_is_stub) as queue,
        ):
            yield _bus_wiring(queue, uri)


def _bus_wiring(queue: BrokerQueue, uri: str) -> Wiring:
    """The shop and all marketplaces deliver to the bus at `uri`."""
    return Wiring(
        queue=queue,
        shop_uri=uri,
        channels_bus=uri,
        feeds=lambda parts: [FetchedBodies(queue, parts.admin), *repairing_feeds(parts)],
    )


def _is_stub(message: Message) -> bool:
    """Whether the body was too large for the bus and only its id was delivered."""
    return stub_id(message) is not None
