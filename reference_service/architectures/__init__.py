"""The ways in which events reach the worker. REFERENCE_ARCHITECTURE selects one by name."""

from collections.abc import Mapping

from stockstorm.reference_service.architectures.architecture import Architecture
from stockstorm.reference_service.architectures.buses import BusEventBridge, BusPubSub
from stockstorm.reference_service.architectures.ipaas import Ipaas
from stockstorm.reference_service.architectures.polling import Polling
from stockstorm.reference_service.architectures.queues import QueuePostgres, QueuePubSub, QueueSqs
from stockstorm.reference_service.architectures.webhook import Webhook
from stockstorm.reference_service.settings import DEFAULT_ARCHITECTURE

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
ALIASES = {"queue": DEFAULT_ARCHITECTURE}


def architecture_of(name: str) -> Architecture:
    """The architecture with this name or alias. Raises KeyError if there is none."""
    return ARCHITECTURES[ALIASES.get(name, name)]
