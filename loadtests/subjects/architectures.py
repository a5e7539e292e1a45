"""The architectures of the reference service that can be a subject: what each consists of, needs, and promises.

`cannot` names the checks that an architecture is bound to fail by its nature, with the reason in a sentence; the
comparison prints it. `shortened` says which of the guide's intervals was shortened for a live run. `flaws` are those
that it has a place for: any other would change nothing in it, and its runs would be told of a flaw that was not there.
"""

import msgspec


class Architecture(msgspec.Struct, frozen=True):
    """One of the guide's architectures (`row`: docs/sources.md). `processes` are what is started, `cloud` what it needs
    besides PostgreSQL.
    """

    name: str
    row: str
    summary: str
    processes: tuple[str, ...]  # receiver, worker
    parts: tuple[str, ...]  # what has to be operated
    cloud: str = ""  # "", sqs, eventbridge, pubsub
    crash_safe: str = ""  # what a kill of any process loses, in a sentence
    cannot: dict[str, str] = {}
    shortened: str = ""
    settings: dict[str, str] = {}  # environment of the service besides its surroundings
    flaws: tuple[str, ...] = ()
    interval_s: float = 0.0  # how often it looks, if nobody tells it: quiet is not rest before two of these


_OF_BUSES = ("last_write_wins",)
_OF_RECEIVERS = (*_OF_BUSES, "no_signature_check", "slow_handler")
_OF_POSTGRES = (*_OF_RECEIVERS, "no_order_dedup", "ack_before_durable")
_POLLED_STALE = "between two polls nobody tells it of a sale, so listings are stale for up to an interval"
_NO_WEBHOOKS = "no webhook was asked for, so there is no acknowledgement that could be judged"

_ARCHITECTURES = (
    Architecture(
        name="polling",
        row="D1",
        summary="Admin API and marketplaces polled at an interval, no webhooks",
        processes=("worker",),
        parts=("PostgreSQL", "worker"),
        crash_safe="nothing: the next poll reads what was missed",
        cannot={"sync_latency": _POLLED_STALE, "oversell": _POLLED_STALE, "nothing_lost": _NO_WEBHOOKS},
        shortened="polls every 10 s where the guide's 5 to 30 min are usual",
        settings={"REFERENCE_POLL_INTERVAL_S": "10"},
        interval_s=10.0,
    ),
    Architecture(
        name="webhook",
        row="D2",
        summary="webhooks verified, deduplicated and processed in the request: pushed before the answer",
        processes=("worker",),
        parts=("PostgreSQL", "one process"),
        crash_safe="nothing: what was not finished was not acknowledged and is delivered again",
        flaws=_OF_RECEIVERS,
    ),
    Architecture(
        name="queue-postgres",
        row="D3",
        summary="webhooks acknowledged after a durable enqueue in PostgreSQL; a worker applies",
        processes=("receiver", "worker"),
        parts=("PostgreSQL", "receiver", "worker"),
        crash_safe="nothing: the queue is durable before the acknowledgement",
        flaws=_OF_POSTGRES,
    ),
    Architecture(
        name="queue-sqs",
        row="D3",
        summary="webhooks acknowledged after SQS has them; a worker applies",
        processes=("receiver", "worker"),
        parts=("PostgreSQL", "receiver", "worker", "Amazon SQS"),
        cloud="sqs",
        crash_safe="nothing: SQS has the event before the acknowledgement",
        flaws=_OF_RECEIVERS,
    ),
    Architecture(
        name="queue-pubsub",
        row="D3",
        summary="webhooks acknowledged after Pub/Sub has them; a worker applies",
        processes=("receiver", "worker"),
        parts=("PostgreSQL", "receiver", "worker", "Google Pub/Sub"),
        cloud="pubsub",
        crash_safe="nothing: Pub/Sub has the event before the acknowledgement",
        flaws=_OF_RECEIVERS,
    ),
    Architecture(
        name="bus-eventbridge",
        row="D4",
        summary="Shopify delivers to EventBridge, a rule routes to SQS, a worker applies; no receiver",
        processes=("worker",),
        parts=("PostgreSQL", "worker", "Amazon EventBridge", "Amazon SQS"),
        cloud="eventbridge",
        crash_safe="nothing: the bus keeps the event until the worker has applied it",
        flaws=_OF_BUSES,
    ),
    Architecture(
        name="bus-pubsub",
        row="D4",
        summary="Shopify publishes to Pub/Sub, a worker pulls and applies; no receiver",
        processes=("worker",),
        parts=("PostgreSQL", "worker", "Google Pub/Sub"),
        cloud="pubsub",
        crash_safe="nothing: the topic keeps the event until the worker has applied it",
        flaws=_OF_BUSES,
    ),
    Architecture(
        name="ipaas",
        row="D5",
        summary="a vendor's scheduled flow: one record at a time, step by step",
        processes=("worker",),
        parts=("the vendor's flow", "PostgreSQL (stands in for the vendor's data store)"),
        crash_safe="nothing: the next run of the flow begins where the last one had committed",
        cannot={"sync_latency": _POLLED_STALE, "oversell": _POLLED_STALE, "nothing_lost": _NO_WEBHOOKS},
        shortened=(
            "a trigger every 15 s, steps of 5 ms and 5,000 tasks a run, where vendors offer 1 to 5 min, "
            "about 0.2 s and 100 records"
        ),
        settings={
            "REFERENCE_FLOW_INTERVAL_S": "15",
            "REFERENCE_FLOW_STEP_S": "0.005",
            "REFERENCE_FLOW_TASKS_MAX": "5000",
        },
        interval_s=15.0,
    ),
)

ARCHITECTURES: dict[str, Architecture] = {found.name: found for found in _ARCHITECTURES}
DEFAULT = "queue-postgres"
