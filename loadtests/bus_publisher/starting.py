"""Starts the publisher that belongs to a backing, for the length of a block."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Final

from loadtests.backing.cloud import EventBridgeBacking, PubSubBacking
from loadtests.backing.cloud.loopback import HOST, LoopbackServer, python_module, running

MODULE: Final = "loadtests.bus_publisher"


def start_publisher(backing: EventBridgeBacking | PubSubBacking) -> AbstractContextManager[LoopbackServer]:
    """Yields where it listens (`url`) and its `pid`. Raises BackingError with the end of its log."""
    match backing:
        case EventBridgeBacking(bus=bus):
            name, words = "EventBridge publisher", ["eventbridge", "--bus", bus.name, "--source", bus.source]
        case PubSubBacking(queue=queue):
            name, words = "Pub/Sub publisher", ["pubsub", "--topic", queue.topic]

    def command(port: int) -> Sequence[str]:
        return python_module(MODULE, *words, "--host", HOST, "--port", str(port))

    return running(name, command, lambda _: backing.environment)
