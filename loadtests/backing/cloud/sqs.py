"""Where a run's SQS queue comes from: a fresh one with its dead-letter queue each time, gone afterwards.

`--cloud real` takes the account that the SDK's own environment variables name; `docker` starts LocalStack; `embedded`,
the default, takes fauxqs if it is installed and else moto; `fauxqs` and `moto` force one of them.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import msgspec

from stockstorm.loadtests.backing.cloud.aws import client, delete_queue, make_queue
from stockstorm.loadtests.backing.cloud.aws_environment import emulator_environment, real_environment
from stockstorm.loadtests.backing.cloud.base import (
    AWS_WORDS,
    EMBEDDED,
    FAUXQS_PER_S,
    MOTO_SQS_PER_S,
    QueueRules,
    SqsBacking,
    fresh_name,
    stated,
)
from stockstorm.loadtests.backing.cloud.containers import localstack
from stockstorm.loadtests.backing.cloud.emulators import INSTALL, fauxqs, find_fauxqs, moto
from stockstorm.simulator.errors import BackingError


class SqsEndpoint(msgspec.Struct, frozen=True):
    """An SQS that answers. `ours`: it ends with the run, so nothing in it needs to be deleted."""

    environment: dict[str, str]
    description: str
    ceiling_per_s: float | None
    pids: tuple[int, ...]
    ours: bool


@contextmanager
def open_sqs(run: str, cloud: str = EMBEDDED, rules: QueueRules = QueueRules()) -> Iterator[SqsBacking]:  # noqa: B008 - frozen
    """A queue for `run`, kept until the block ends. Raises BackingError."""
    with ExitStack() as stack:
        endpoint = stack.enter_context(sqs_endpoint(cloud))
        sqs = client("sqs", endpoint.environment)
        queue = make_queue(sqs, fresh_name(run), rules)
        if not endpoint.ours:
            stack.callback(delete_queue, sqs, queue)
        yield SqsBacking(
            environment=endpoint.environment,
            description=endpoint.description,
            ceiling_per_s=endpoint.ceiling_per_s,
            pids=endpoint.pids,
            queue=queue,
        )


@contextmanager
def sqs_endpoint(cloud: str) -> Iterator[SqsEndpoint]:
    """The endpoint that `--cloud` names. Raises BackingError for an unknown word."""
    match cloud:
        case "real":
            yield real_sqs()
        case "docker":
            with localstack() as emulator:
                text = f"Amazon SQS played by LocalStack in Docker ({emulator.image}), {stated(None)}"
                environment = emulator_environment(sqs=emulator.url, eventbridge=emulator.url)
                yield SqsEndpoint(environment, text, None, (), ours=True)
        case "fauxqs":
            with fauxqs(find_fauxqs()) as emulator:
                text = f"Amazon SQS played by {emulator.name}, in memory, {stated(FAUXQS_PER_S)}"
                environment = emulator_environment(sqs=emulator.url)
                yield SqsEndpoint(environment, text, FAUXQS_PER_S, (emulator.pid,), ours=True)
        case "moto":
            with moto() as emulator:
                slow = "slower as the queue fills"
                text = f"Amazon SQS played by {emulator.name}, in memory, {slow}, {stated(MOTO_SQS_PER_S)}"
                environment = emulator_environment(sqs=emulator.url, eventbridge=emulator.url)
                yield SqsEndpoint(environment, text, MOTO_SQS_PER_S, (emulator.pid,), ours=True)
        case "embedded":
            with sqs_endpoint("fauxqs" if find_fauxqs() else "moto") as endpoint:
                hint = "" if find_fauxqs() else f"; for more: {INSTALL}"
                yield msgspec.structs.replace(endpoint, description=endpoint.description + hint)
        case _:
            raise BackingError("--cloud", f"{cloud!r} is unknown for AWS", f"write one of: {', '.join(AWS_WORDS)}")


def real_sqs() -> SqsEndpoint:
    """The account that the user's environment names."""
    environment = real_environment()
    endpoint = environment.get("AWS_ENDPOINT_URL_SQS") or environment.get("AWS_ENDPOINT_URL")
    place = f"at {endpoint}" if endpoint else f"in {environment.get('AWS_REGION', 'the region of the AWS profile')}"
    return SqsEndpoint(environment, f"Amazon SQS {place}, as your environment names it", None, (), ours=False)
