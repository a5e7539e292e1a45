"""The ways in which events travel to the worker, one a file; REFERENCE_ARCHITECTURE chooses by name."""

from collections.abc import Mapping

from stockstorm.reference_service.architectures.bus_eventbridge import BusEventBridge
from stockstorm.reference_service.architectures.bus_pubsub import BusPubSub
from stockstorm.reference_service.architectures.ipaas import Ipaas
from stockstorm.reference_service.architectures.polling import Polling
from stockstorm.reference_service.architectures.queue_postgres import QueuePostgres
from stockstorm.reference_service.architectures.queue_pubsub import QueuePubSub
from stockstorm.reference_service.architectures.queue_sqs import QueueSqs
from stockstorm.reference_service.architectures.webhook import Webhook
from stockstorm.reference_service.wiring import Architecture

_REGISTERED: tuple[Architecture, ...] = (
    Polling(),
    Webhook(),
    QueuePostgres(),
    QueueSqs(),
    QueuePubSub(),
    BusEventBridge(),
    BusPubSub(),
    Ipaas(),
)
ARCHITECTURES: Mapping[str, Architecture] = {architecture.name: architecture for architecture in _REGISTERED}
ALIASES = {"queue": "queue-postgres"}
DEFAULT = "queue-postgres"


def architecture_of(name: str) -> Architecture:
    """The architecture of this name or alias; KeyError if there is none."""
    return ARCHITECTURES[ALIASES.get(name, name)]
