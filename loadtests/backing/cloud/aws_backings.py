"""SQS queues and EventBridge buses for one run: new each time, with dead letters, deleted afterwards.

`--cloud real` uses the account in the SDK's own environment variables. `docker` starts LocalStack. `embedded`, the
default, uses fauxqs for SQS if it is installed and otherwise moto. `fauxqs` and `moto` force one of them. The bus is
moto's except with `docker` and `real`. It has a plain name, because moto refuses the slashes of a partner bus and only
partners may send to a real one. For the same reason a real bus gets Shopify's source with a prefix, as in `bus.source`.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import msgspec

from stockstorm.loadtests.backing.cloud.aws import (
    REGION,
    SHOPIFY_SOURCE,
    SOURCE_PREFIX,
    client,
    delete_bus,
    delete_queue,
    emulator_environment,
    make_bus,
    make_queue,
    real_environment,
)
from stockstorm.loadtests.backing.cloud.base import (
    AWS_CLOUDS,
    DOCKER,
    EMBEDDED,
    FAUXQS_PER_S,
    MOTO_BUS_PER_S,
    MOTO_BUS_TO_FAUXQS_PER_S,
    MOTO_SQS_PER_S,
    CloudBacking,
    EventBridgeBacking,
    QueueRules,
    SqsBacking,
    ceiling_text,
    fresh_name,
)
from stockstorm.loadtests.backing.cloud.emulators import INSTALL, fauxqs, find_fauxqs, moto
from stockstorm.loadtests.backing.containers import localstack
from stockstorm.loadtests.processes.part import ChildPart
from stockstorm.simulator.errors import BackingError
from stockstorm.simulator.model import API_CLIENT_ID

DEFAULT_RULES = QueueRules()


@contextmanager
def open_sqs(run: str, cloud: str = EMBEDDED, rules: QueueRules = DEFAULT_RULES) -> Iterator[SqsBacking]:
    """A queue for `run`, kept until the block ends. Raises BackingError."""
    with ExitStack() as stack:
        endpoint = stack.enter_context(sqs_endpoint(cloud))
        sqs = client("sqs", endpoint.environment)
        queue = make_queue(sqs, fresh_name(run), rules)
        if not endpoint.temporary:
            stack.callback(delete_queue, sqs, queue)
        yield SqsBacking(**msgspec.structs.asdict(endpoint), queue=queue)


@contextmanager
def open_eventbridge(
    run: str, cloud: str = EMBEDDED, rules: QueueRules = DEFAULT_RULES
) -> Iterator[EventBridgeBacking]:
    """A bus and its target queue for `run`, kept until the block ends. Raises BackingError."""
    with ExitStack() as stack:
        endpoint = stack.enter_context(_bus_endpoint(cloud))
        sqs, events = client("sqs", endpoint.environment), client("events", endpoint.environment)
        name = fresh_name(run)
        queue = make_queue(sqs, name, rules)
        if not endpoint.temporary:
            stack.callback(delete_queue, sqs, queue)
        source = f"{'' if endpoint.temporary else SOURCE_PREFIX}{SHOPIFY_SOURCE}/{API_CLIENT_ID}/{name}"
        bus = make_bus(events, sqs, name, queue, source)
        if not endpoint.temporary:
            stack.callback(delete_bus, events, bus)
        yield EventBridgeBacking(**msgspec.structs.asdict(endpoint), queue=queue, bus=bus)


@contextmanager
def sqs_endpoint(cloud: str) -> Iterator[CloudBacking]:
    """The SQS that `--cloud` names. Raises BackingError for an unknown value."""
    match cloud:
        case "real":
            yield real_sqs()
        case "docker":
            with localstack(REGION) as container:
                text = f"Amazon SQS emulated by LocalStack in Docker ({container.image})"
                environment = emulator_environment(sqs=container.url, eventbridge=container.url)
                yield _emulator(environment, text, None)
        case "fauxqs":
            with fauxqs(find_fauxqs()) as server:
                text = f"Amazon SQS emulated by {server.name}, in memory"
                yield _emulator(emulator_environment(sqs=server.url), text, FAUXQS_PER_S, server.part)
        case "moto":
            with moto() as server:
                text = f"Amazon SQS emulated by {server.name}, in memory, slower as the queue fills"
                environment = emulator_environment(sqs=server.url, eventbridge=server.url)
                yield _emulator(environment, text, MOTO_SQS_PER_S, server.part)
        case "embedded":
            with sqs_endpoint("fauxqs" if find_fauxqs() else "moto") as endpoint:
                hint = "" if find_fauxqs() else f"; for a higher one: {INSTALL}"
                yield msgspec.structs.replace(endpoint, description=endpoint.description + hint)
        case _:
            remedy = f"write one of: {', '.join(AWS_CLOUDS)}"
            raise BackingError("--cloud", f"{cloud!r} is unknown for AWS", remedy)


def real_sqs() -> CloudBacking:
    """The account that the user's environment names."""
    environment = real_environment()
    url = environment.get("AWS_ENDPOINT_URL_SQS") or environment.get("AWS_ENDPOINT_URL")
    where = f"at {url}" if url else f"in {environment.get('AWS_REGION', 'the region of the AWS profile')}"
    description = f"Amazon SQS {where}, as your environment names it"
    return CloudBacking(environment=environment, description=description, ceiling_per_s=None, temporary=False)


def _emulator(environment: dict[str, str], text: str, ceiling_per_s: float | None, *parts: ChildPart) -> CloudBacking:
    return CloudBacking(
        environment=environment,
        description=f"{text}, {ceiling_text(ceiling_per_s)}",
        ceiling_per_s=ceiling_per_s,
        temporary=True,
        parts=parts,
    )


@contextmanager
def _bus_endpoint(cloud: str) -> Iterator[CloudBacking]:
    """SQS and EventBridge together. LocalStack and moto emulate both. For fauxqs, a moto beside it is the bus."""
    with sqs_endpoint(cloud) as queues, ExitStack() as stack:
        environment, parts, ceiling = dict(queues.environment), queues.parts, queues.ceiling_per_s
        bus = "Amazon EventBridge, the real one"
        if cloud == DOCKER:
            bus = f"Amazon EventBridge emulated by the same LocalStack, {ceiling_text(None)}"
        elif queues.temporary:
            by, ceiling = "the same moto", MOTO_BUS_PER_S
            if "AWS_ENDPOINT_URL_EVENTBRIDGE" not in environment:
                server = stack.enter_context(moto(environment["AWS_ENDPOINT_URL_SQS"]))
                environment["AWS_ENDPOINT_URL_EVENTBRIDGE"] = server.url
                by, ceiling, parts = server.name, MOTO_BUS_TO_FAUXQS_PER_S, (*parts, server.part)
            bus = f"Amazon EventBridge emulated by {by}, {ceiling_text(ceiling)} through bus and queue"
        description = f"{bus}; {queues.description}"
        yield msgspec.structs.replace(
            queues, environment=environment, description=description, ceiling_per_s=ceiling, parts=parts
        )
