"""What a run gets of a cloud's queues and buses, the values of `--cloud`, and what each emulator can bear.

An emulator stands in for the cloud unless the user asks for the real one. `description` names it with its measured
ceiling, so that nobody mistakes the emulator for the architecture.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Final

import msgspec

from stockstorm.loadtests.processes.part import ChildPart

REAL: Final = "real"
EMBEDDED: Final = "embedded"
DOCKER: Final = "docker"
# The values of `--cloud` for SQS and EventBridge, and for Pub/Sub. The last ones force an emulator.
AWS_CLOUDS: Final = (EMBEDDED, DOCKER, REAL, "fauxqs", "moto")
PUBSUB_CLOUDS: Final = (EMBEDDED, DOCKER, REAL, "double")

# Events a second through each emulator, as tests/benchmarks/cloud_ceilings.py measured them, rounded down; the figures
# are in docs/cloud_backings.md. An event is sent alone by one of eight senders, and received and deleted in batches of
# ten by one of four workers, all at the same time, with bodies of 2 KB, on a machine with two cores that clients and
# emulator share. Buses are fed by our publishers. moto's figures halve once hundreds of messages wait. A run above the
# ceiling says nothing about the architecture.
FAUXQS_PER_S: Final = 1_200.0
MOTO_SQS_PER_S: Final = 130.0
MOTO_BUS_TO_FAUXQS_PER_S: Final = 450.0
MOTO_BUS_PER_S: Final = 150.0
PUBSUB_DOUBLE_PER_S: Final = 1_200.0


class QueueRules(msgspec.Struct, frozen=True):
    """How a queue treats a message that was received and not deleted.

    `lease_s` is SQS's visibility timeout and Pub/Sub's ack deadline. After `deliveries_max` deliveries the message
    becomes a dead letter. Pub/Sub allows 10 to 600 s and 5 to 100 deliveries; the defaults suit both.
    """

    lease_s: int = 30
    deliveries_max: int = 5


class SqsQueue(msgspec.Struct, frozen=True):
    """A queue and the dead-letter queue of its redrive policy."""

    name: str
    url: str
    arn: str
    dead_letter_url: str
    dead_letter_arn: str


class EventBus(msgspec.Struct, frozen=True):
    """A bus whose rule sends every event from Shopify's sources to one queue. `source` is the source of our events."""

    name: str
    arn: str
    source: str  # aws.partner/shopify.com/<api client id>/<event source name>


class PubSubQueue(msgspec.Struct, frozen=True):
    """A topic with its subscription, and both for dead letters. All but `project` are projects/…/…/… paths."""

    project: str
    topic: str
    subscription: str
    dead_letter_topic: str
    dead_letter_subscription: str


class CloudBacking(msgspec.Struct, frozen=True, kw_only=True):
    """A cloud service or an emulator that answers.

    `environment` may hold credentials: give it to processes, never log it.

    `ceiling_per_s`: events a second that the emulator let through when measured. None for the real cloud, and for an
    emulator that was not measured, as `description` then says.
    """

    environment: Mapping[str, str]
    description: str
    ceiling_per_s: float | None
    temporary: bool  # it ends with the run, so nothing in it needs to be deleted
    parts: tuple[ChildPart, ...] = ()  # processes of the emulator that we started

    def processes(self) -> list[int]:
        """Processes of the emulator that still run, for their share of the CPU. Empty when we did not start it."""
        return [part.child.pid for part in self.parts if part.child.exit_code is None]


class SqsBacking(CloudBacking, frozen=True, kw_only=True):
    """With a queue for one run."""

    queue: SqsQueue


class EventBridgeBacking(CloudBacking, frozen=True, kw_only=True):
    """With a bus for one run. `queue` is the target of its rule."""

    queue: SqsQueue
    bus: EventBus


class PubSubBacking(CloudBacking, frozen=True, kw_only=True):
    """With a topic and a subscription for one run."""

    queue: PubSubQueue


def fresh_name(run: str) -> str:
    """`stockstorm-<run>-<random>`: at most 58 characters of [a-z0-9-], so that a suffix fits within SQS's limit of 80.

    The random suffix separates runs that two machines start in the same second in one account.
    """
    return f"stockstorm-{re.sub(r'[^a-z0-9]+', '-', run.lower()).strip('-')[:40]}-{secrets.token_hex(3)}"


def ceiling_text(per_s: float | None) -> str:
    """For descriptions."""
    return "ceiling not measured" if per_s is None else f"measured ceiling {per_s:,.0f} events/s"
