"""The architectures of the reference service: the processes and parts of each, its needs, and its guarantees."""

from typing import Final, Literal

import msgspec

from stockstorm.simulator.config import FaultTarget, ProcessName


class Architecture(msgspec.Struct, frozen=True):
    """One architecture. The comparison prints its texts."""

    name: str
    guide_ref: str  # row of the guide's table in docs/sources.md
    summary: str
    processes: tuple[ProcessName, ...]  # that Stockstorm starts
    parts: tuple[str, ...]  # that have to be operated
    cloud: Literal["", "sqs", "eventbridge", "pubsub"] = ""  # needed besides PostgreSQL
    crash_safe: str = ""  # what is lost when any process is killed
    cannot: dict[str, str] = {}  # check that it must fail by design -> reason
    shortened: str = ""  # intervals of the guide that are shortened for a live run
    settings: dict[str, str] = {}  # environment of the service besides its surroundings
    interval_s: float = 0.0  # between two polls; two of them without a change count as quiet

    @property
    def receives(self) -> bool:
        """Whether it answers webhooks over HTTP."""
        return "receiver" in self.processes or self.name == "webhook"

    @property
    def targets(self) -> tuple[FaultTarget, ...]:
        """What faults can hit. A bus architecture has a publisher, which stands for Shopify at the bus."""
        broker: tuple[FaultTarget, ...] = ("broker",) if self.cloud else ()
        publisher: tuple[FaultTarget, ...] = ("publisher",) if self.cloud and "receiver" not in self.processes else ()
        return (*self.roles, "subject", "database", *broker, *publisher)

    @property
    def roles(self) -> dict[ProcessName, ProcessName]:
        """The process that does the work of a receiver or a worker. The webhook architecture has one for both."""
        roles = dict(zip(self.processes, self.processes, strict=True))
        return {"receiver": self.processes[0], **roles} if self.receives else roles


_POLL_INTERVAL_S = 10.0  # shortened, so that a run of a minute contains several
_FLOW_INTERVAL_S = 15.0
_POLLED_STALE = "it learns of a sale at its next poll, so listings are stale for up to an interval"
_STALE = dict.fromkeys(("sync_latency", "order_latency", "trend", "oversell"), _POLLED_STALE)
_NO_WEBHOOKS = "it subscribes to no webhook, so there is no acknowledgement to judge"

_ARCHITECTURES = (
    Architecture(
        name="polling",
        guide_ref="D1",
        summary="Admin API and marketplaces polled at an interval, no webhooks",
        processes=("worker",),
        parts=("PostgreSQL", "worker"),
        crash_safe="nothing: the next poll reads missed changes",
        cannot={**_STALE, "nothing_lost": _NO_WEBHOOKS},
        shortened=f"polls every {_POLL_INTERVAL_S:g} s, where the guide has 5 to 30 min",
        settings={"REFERENCE_POLL_INTERVAL_S": f"{_POLL_INTERVAL_S:g}"},
        interval_s=_POLL_INTERVAL_S,
    ),
    Architecture(
        name="webhook",
        guide_ref="D2",
        summary="webhooks verified, deduplicated and processed in the request: pushed before the answer",
        processes=("worker",),
        parts=("PostgreSQL", "one process"),
        crash_safe="nothing: an unfinished webhook is not acknowledged and is delivered again",
    ),
    Architecture(
        name="queue-postgres",
        guide_ref="D3",
        summary="webhooks acknowledged after a durable enqueue in PostgreSQL; a worker applies",
        processes=("receiver", "worker"),
        parts=("PostgreSQL", "receiver", "worker"),
        crash_safe="nothing: the queue is durable before the acknowledgement",
    ),
    Architecture(
        name="queue-sqs",
        guide_ref="D3",
        summary="webhooks acknowledged after SQS has stored them; a worker applies",
        processes=("receiver", "worker"),
        parts=("PostgreSQL", "receiver", "worker", "Amazon SQS"),
        cloud="sqs",
        crash_safe="nothing: SQS stores the event before the acknowledgement",
    ),
    Architecture(
        name="queue-pubsub",
        guide_ref="D3",
        summary="webhooks acknowledged after Pub/Sub has stored them; a worker applies",
        processes=("receiver", "worker"),
        parts=("PostgreSQL", "receiver", "worker", "Google Pub/Sub"),
        cloud="pubsub",
        crash_safe="nothing: Pub/Sub stores the event before the acknowledgement",
    ),
    Architecture(
        name="bus-eventbridge",
        guide_ref="D4",
        summary="Shopify delivers to EventBridge, a rule routes to SQS, a worker applies; no receiver",
        processes=("worker",),
        parts=("PostgreSQL", "worker", "Amazon EventBridge", "Amazon SQS"),
        cloud="eventbridge",
        crash_safe="nothing: the bus keeps the event until the worker has applied it",
    ),
    Architecture(
        name="bus-pubsub",
        guide_ref="D4",
        summary="Shopify publishes to Pub/Sub, a worker pulls and applies; no receiver",
        processes=("worker",),
        parts=("PostgreSQL", "worker", "Google Pub/Sub"),
        cloud="pubsub",
        crash_safe="nothing: the topic keeps the event until the worker has applied it",
    ),
    Architecture(
        name="ipaas",
        guide_ref="D5",
        summary="a vendor's scheduled flow: one record at a time, step by step",
        processes=("worker",),
        parts=("the vendor's flow", "PostgreSQL (stands in for the vendor's data store)"),
        crash_safe="nothing: the next run of the flow begins where the last one committed",
        cannot={**_STALE, "nothing_lost": _NO_WEBHOOKS},
        shortened=(
            f"a trigger every {_FLOW_INTERVAL_S:g} s, steps of 5 ms and 5,000 tasks a run, "
            "where vendors offer 1 to 5 min, about 0.2 s and 100 records"
        ),
        settings={
            "REFERENCE_FLOW_INTERVAL_S": f"{_FLOW_INTERVAL_S:g}",
            "REFERENCE_FLOW_STEP_S": "0.005",
            "REFERENCE_FLOW_TASKS_MAX": "5000",
        },
        interval_s=_FLOW_INTERVAL_S,
    ),
)

ARCHITECTURES: Final = {architecture.name: architecture for architecture in _ARCHITECTURES}
DEFAULT: Final = "queue-postgres"
