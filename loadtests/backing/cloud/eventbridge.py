"""Where a run's EventBridge bus comes from: a fresh one whose rule sends Shopify's events to a fresh SQS queue.

The bus is moto's, LocalStack's with `--cloud docker`, or the real one with `--cloud real`; the queue comes from where
loadtests.backing.sqs takes it. The bus has a plain name: moto refuses a partner bus's name with slashes, and only
partners may send to a real one. For the same reason a real bus gets Shopify's source with a prefix of ours before it,
as `bus.source` says.
"""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import msgspec

from stockstorm.loadtests.backing.cloud.aws import (
    SHOPIFY_SOURCE,
    STAND_IN,
    client,
    delete_bus,
    delete_queue,
    make_bus,
    make_queue,
)
from stockstorm.loadtests.backing.cloud.base import (
    DOCKER,
    EMBEDDED,
    MOTO_BUS_PER_S,
    MOTO_BUS_TO_FAUXQS_PER_S,
    EventBridgeBacking,
    QueueRules,
    fresh_name,
    stated,
)
from stockstorm.loadtests.backing.cloud.emulators import moto
from stockstorm.loadtests.backing.cloud.sqs import SqsEndpoint, sqs_endpoint


@contextmanager
def open_eventbridge(
    run: str,
    cloud: str = EMBEDDED,
    rules: QueueRules = QueueRules(),  # noqa: B008 - frozen
) -> Iterator[EventBridgeBacking]:
    """A bus and its target queue for `run`, kept until the block ends. Raises BackingError."""
    with ExitStack() as stack:
        endpoint = stack.enter_context(_endpoint(cloud))
        sqs, events = client("sqs", endpoint.environment), client("events", endpoint.environment)
        name = fresh_name(run)
        queue = make_queue(sqs, name, rules)
        if not endpoint.ours:
            stack.callback(delete_queue, sqs, queue)
        source = f"{'' if endpoint.ours else STAND_IN}{SHOPIFY_SOURCE}/{secrets.randbelow(10**8)}/{name}"
        bus = make_bus(events, sqs, name, queue, source)
        if not endpoint.ours:
            stack.callback(delete_bus, events, bus)
        yield EventBridgeBacking(
            environment=endpoint.environment,
            description=endpoint.description,
            ceiling_per_s=endpoint.ceiling_per_s,
            pids=endpoint.pids,
            queue=queue,
            bus=bus,
        )


@contextmanager
def _endpoint(cloud: str) -> Iterator[SqsEndpoint]:
    """Both services' endpoints as one. LocalStack and moto play both; fauxqs' queues are reached by moto's rules."""
    with sqs_endpoint(cloud) as queues, ExitStack() as stack:
        environment, pids, ceiling = dict(queues.environment), queues.pids, queues.ceiling_per_s
        bus = "Amazon EventBridge, the real one"
        if cloud == DOCKER:
            bus = f"Amazon EventBridge by the same LocalStack, {stated(None)}"
        elif queues.ours:
            if "AWS_ENDPOINT_URL_EVENTBRIDGE" not in environment:
                emulator = stack.enter_context(moto(environment["AWS_ENDPOINT_URL_SQS"]))
                environment["AWS_ENDPOINT_URL_EVENTBRIDGE"] = emulator.url
                pids, ceiling = (*pids, emulator.pid), MOTO_BUS_TO_FAUXQS_PER_S
                bus = f"Amazon EventBridge played by {emulator.name}, {stated(ceiling)} through bus and queue"
            else:
                ceiling = MOTO_BUS_PER_S
                bus = f"Amazon EventBridge by the same moto, {stated(ceiling)} through bus and queue"
        description = f"{bus}; {queues.description}"
        yield msgspec.structs.replace(
            queues, environment=environment, description=description, ceiling_per_s=ceiling, pids=pids
        )
