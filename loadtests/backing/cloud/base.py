"""What a run gets of a cloud's queues and buses, what it may ask for, and what each emulator can bear.

An emulator stands in for the cloud unless the user asks for the real one. `description` names it with its measured
ceiling, so that nobody mistakes the emulator for the architecture.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Final

import msgspec
import psutil

REAL: Final = "real"
EMBEDDED: Final = "embedded"
DOCKER: Final = "docker"
# What `--cloud` may say for SQS and EventBridge, and for Pub/Sub; the last ones force an emulator.
AWS_WORDS: Final = (EMBEDDED, DOCKER, REAL, "fauxqs", "moto")
PUBSUB_WORDS: Final = (EMBEDDED, DOCKER, REAL, "double")


class QueueRules(msgspec.Struct, frozen=True):
    """How a queue treats what is taken from it and not finished.

    `lease_s` is SQS's visibility timeout and Pub/Sub's ack deadline; after `deliveries_max` tries it is a dead letter.
    Pub/Sub takes 10 to 600 s and 5 to 100 tries; the defaults suit both.
    """

    lease_s: int = 30
    deliveries_max: int = 5


class SqsQueue(msgspec.Struct, frozen=True):
    """A queue with the one its redrive policy names for dead letters."""

    name: str
    url: str
    arn: str
    dead_letter_url: str
    dead_letter_arn: str


class EventBus(msgspec.Struct, frozen=True):
    """A bus whose rule sends everything from Shopify's sources to one queue. `source` is what our events carry."""

    name: str
    arn: str
    source: str  # aws.partner/shopify.com/<api client id>/<event source name>


class PubSubQueue(msgspec.Struct, frozen=True):
    """A topic with its subscription and the pair for dead letters; all but `project` as projects/…/…/… paths."""

    project: str
    topic: str
    subscription: str
    dead_letter_topic: str
    dead_letter_subscription: str


class CloudBacking(msgspec.Struct, frozen=True, kw_only=True):
    """What a run was given. `environment` may hold credentials: hand it to processes, never log it.

    `ceiling_per_s`: events a second that the emulator let through when measured; None for the real cloud, and for what
    nobody measured, which `description` then says.
    """

    environment: Mapping[str, str]
    description: str
    ceiling_per_s: float | None
    pids: tuple[int, ...] = ()

    def processes(self) -> list[int]:
        """Those of the emulator that run, for their share of the CPU; empty when it is not ours."""
        return [pid for pid in self.pids if psutil.pid_exists(pid)]


class SqsBacking(CloudBacking, frozen=True, kw_only=True):
    queue: SqsQueue


class EventBridgeBacking(CloudBacking, frozen=True, kw_only=True):
    """`queue` is the rule's target."""

    queue: SqsQueue
    bus: EventBus


class PubSubBacking(CloudBacking, frozen=True, kw_only=True):
    queue: PubSubQueue


def fresh_name(run: str) -> str:
    """`stockstorm-<run>-<random>`, at most 58 characters of [a-z0-9-]: room for an ending within SQS's limit of 80.

    The random end keeps runs apart that two machines began in the same second in one account.
    """
    return f"stockstorm-{re.sub(r'[^a-z0-9]+', '-', run.lower()).strip('-')[:40]}-{secrets.token_hex(3)}"


# Events a second through each emulator, as tests/benchmarks/cloud_ceilings.py measured them, rounded down. An event is
# sent alone by one of eight senders, and received and deleted in batches of ten by one of four workers, all at the same
# time, with bodies of 2 KB, on a machine with two cores that clients and emulator share. Buses are fed by our publishers.
# moto's figures halve once hundreds of messages wait. A run above its emulator's ceiling says nothing about the
# architecture.
FAUXQS_PER_S: Final = 1_200.0
MOTO_SQS_PER_S: Final = 130.0
MOTO_BUS_TO_# Events a second through each emulator, as tests/benchmarks/cloud_ceilings.py measured them, rounded down. An event is
# sent alone by one of eight senders, and received and deleted in batches of ten by one of four workers, all at the same
# time, with bodies of 2 KB, on a machine with two cores that clients and emulator share. Buses are fed by our publishers.
# moto's figures halve once hundreds of messages wait. A run above its emulator's ceiling says nothing about the
# architecture.
FAUXQS_PER_S: Final = 1_200.0
MOTO_BUS_PER_S: Final = 150.0
PUBSUB_DOUBLE_PER_S: Final = 1_200.0


def stated(per_s: float | None) -> str:
    """For descriptions."""
    return "ceiling not measured" if per_s is None else f"measured ceiling {per_s:,.0f} events/s"
