"""What both event buses share: one URI for the shop and all marketplaces, a queue, and bodies fetched by API."""

from stockstorm.reference_service.feeds.fetched_bodies import FetchedBodies
from stockstorm.reference_service.ingress.bus_envelopes import stub_id
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.queues.broker_queue import BrokerQueue
from stockstorm.reference_service.wiring import Wiring


def bus_wiring(queue: BrokerQueue, uri: str) -> Wiring:
    """The shop and all marketplaces deliver to the bus at `uri`."""
    return Wiring(queue=queue, shop_uri=uri, channels_bus=uri, feeds=lambda parts: [FetchedBodies(queue, parts.admin)])


def is_stub(message: Message) -> bool:
    """Whether the body was too large for the bus and only its id was delivered."""
    return stub_id(message) is not None
