"""The cloud service that an architecture needs, opened for one run, and the publisher that sends events to its bus.

Only the modules of that service are imported, because the SDKs are optional extras.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final

import msgspec

from stockstorm.loadtests.backing.cloud.aws import sqs_depth
from stockstorm.loadtests.backing.cloud.base import CloudBacking, EventBridgeBacking, PubSubBacking, SqsBacking
from stockstorm.loadtests.processes.local_server import HOST, LoopbackServer, python_module, running
from stockstorm.loadtests.processes.part import ChildPart, Part, Together
from stockstorm.loadtests.subjects.architectures import Architecture
from stockstorm.simulator.config import FaultTarget

MODULE: Final = "stockstorm.loadtests.bus_publisher"


def start_publisher(backing: EventBridgeBacking | PubSubBacking) -> AbstractContextManager[LoopbackServer]:
    """The publisher as a process, for the length of a block. Raises BackingError with the end of its log."""
    match backing:
        case EventBridgeBacking(bus=bus):
            name, words = "EventBridge publisher", ["eventbridge", "--bus", bus.name, "--source", bus.source]
        case PubSubBacking(queue=queue):
            name, words = "Pub/Sub publisher", ["pubsub", "--topic", queue.topic]

    def command(port: int) -> Sequence[str]:
        return python_module(MODULE, *words, "--host", HOST, "--port", str(port))

    return running(name, command, lambda _: backing.environment, "publisher")


class CloudContext(msgspec.Struct, frozen=True):
    """What a run has besides PostgreSQL. `environment` may hold credentials: it goes to processes only.

    `routes` maps the URI of a bus subscription to the publisher that stands for Shopify on that bus.
    """

    environment: Mapping[str, str] = {}
    description: str = ""
    ceiling_per_s: float | None = None
    routes: Mapping[str, str] = {}
    emulators: Mapping[str, str] = {}  # the environment with the addresses of emulators that are no processes of ours
    children: Mapping[FaultTarget, tuple[ChildPart, ...]] = {}  # of the broker and the publisher, if we started them
    depth: Callable[[], int] | None = None  # messages in the queue, leased ones too; None: it does not tell

    def parts(self) -> dict[FaultTarget, Part]:
        """What faults can hit."""
        return {target: Together(*parts) for target, parts in self.children.items()}


@contextmanager
def open_cloud(architecture: Architecture | None, run: str, cloud: str) -> Iterator[CloudContext]:
    """The service that the architecture names, until the block ends. Raises BackingError."""
    match architecture.cloud if architecture else "":
        case "sqs":
            from stockstorm.loadtests.backing.cloud.aws_backings import open_sqs  # noqa: PLC0415 - an optional extra

            with open_sqs(run, cloud) as sqs:
                yield _context(sqs, _sqs_names(sqs))
        case "eventbridge":
            from stockstorm.loadtests.backing.cloud.aws_backings import open_eventbridge  # noqa: PLC0415 - an optional extra

            with open_eventbridge(run, cloud) as bus, _published(bus, _event_source_arn(bus)) as context:
                yield context
        case "pubsub":
            from stockstorm.loadtests.backing.cloud.pubsub import open_pubsub  # noqa: PLC0415 - an optional extra

            with open_pubsub(run, cloud) as pubsub:
                if architecture and "receiver" in architecture.processes:
                    yield _context(pubsub, _pubsub_names(pubsub))
                else:
                    with _published(pubsub, _pubsub_uri(pubsub)) as context:
                        yield context
        case _:
            yield CloudContext()


@contextmanager
def _published(backing: EventBridgeBacking | PubSubBacking, uri: str) -> Iterator[CloudContext]:
    """With the process that publishes to the bus as Shopify would."""

    names = _pubsub_names(backing) if isinstance(backing, PubSubBacking) else _sqs_names(backing)
    with start_publisher(backing) as publisher:
        context = _context(backing, names | {"REFERENCE_BUS_URI": uri})
        children: dict[FaultTarget, tuple[ChildPart, ...]] = {**context.children, "publisher": (publisher.part,)}
        yield msgspec.structs.replace(context, routes={uri: f"{publisher.url}/"}, children=children)


def _context(backing: CloudBacking, names: dict[str, str]) -> CloudContext:
    depth = (
        sqs_depth(backing.queue, backing.environment) if isinstance(backing, SqsBacking | EventBridgeBacking) else None
    )
    return CloudContext(
        depth=depth,
        environment={**backing.environment, **names},
        description=backing.description,
        ceiling_per_s=backing.ceiling_per_s,
        children={"broker": backing.parts} if backing.parts else {},
        emulators={} if backing.parts else backing.environment,
    )


def _sqs_names(backing: SqsBacking | EventBridgeBacking) -> dict[str, str]:
    return {
        "REFERENCE_SQS_QUEUE_URL": backing.queue.url,
        "REFERENCE_SQS_DEAD_LETTER_URL": backing.queue.dead_letter_url,
    }


def _pubsub_names(backing: PubSubBacking) -> dict[str, str]:
    return {
        "REFERENCE_PUBSUB_PROJECT": backing.queue.project,
        "REFERENCE_PUBSUB_TOPIC": backing.queue.topic,
        "REFERENCE_PUBSUB_SUBSCRIPTION": backing.queue.subscription,
        "REFERENCE_PUBSUB_DEAD_LETTER_SUBSCRIPTION": backing.queue.dead_letter_subscription,
    }


def _event_source_arn(backing: EventBridgeBacking) -> str:
    """The ARN under which Shopify knows the partner event source."""
    region = backing.environment.get("AWS_REGION", "us-east-1")
    source = backing.bus.source[backing.bus.source.index("aws.partner/") :]
    return f"arn:aws:events:{region}::event-source/{source}"


def _pubsub_uri(backing: PubSubBacking) -> str:
    """Shopify's spelling of a topic."""
    return f"pubsub://{backing.queue.project}:{backing.queue.topic.rpartition('/')[2]}"
