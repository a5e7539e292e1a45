"""A Pub/Sub topic and subscription for one run: new each time, with dead letters, deleted afterwards.

`--cloud real` uses the project in Google's own environment variables. `docker` starts Google's emulator. `embedded`,
the default, uses the emulator at PUBSUB_EMULATOR_HOST if that is set, and otherwise our double
(stockstorm.loadtests.backing.pubsub_double), which `double` forces. google-cloud-pubsub is an optional extra, imported
when first needed. Channels are closed after each use, because this process starts others afterwards, and gRPC's
threads do not survive a fork.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from stockstorm.loadtests.backing.cloud.base import (
    EMBEDDED,
    PUBSUB_CLOUDS,
    PUBSUB_DOUBLE_PER_S,
    CloudBacking,
    PubSubBacking,
    PubSubQueue,
    QueueRules,
    ceiling_text,
    fresh_name,
)
from stockstorm.loadtests.backing.containers import pubsub_emulator
from stockstorm.loadtests.backing.pubsub_double.broker import DEADLINE_MIN_S
from stockstorm.loadtests.extras import install
from stockstorm.loadtests.processes.local_server import HOST, python_module, running
from stockstorm.loadtests.processes.part import ChildPart
from stockstorm.loadtests.processes.scratch import scratch
from stockstorm.simulator.errors import BackingError

MODULE: Final = "stockstorm.loadtests.backing.pubsub_double"
EMULATOR_PROJECT: Final = "stockstorm"  # emulators accept any
EMULATOR_VARIABLE: Final = "PUBSUB_EMULATOR_HOST"
PROJECT_VARIABLES: Final = ("PUBSUB_PROJECT_ID", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT")
VARIABLE_PREFIXES: Final = ("GOOGLE_", "GCLOUD_", "CLOUDSDK_", "GCE_", "PUBSUB_")
CALL_TIMEOUT_S: Final = 20.0  # without retries: by default the library would try for ten minutes
DEFAULT_RULES: Final = QueueRules()


@contextmanager
def open_pubsub(run: str, cloud: str = EMBEDDED, rules: QueueRules = DEFAULT_RULES) -> Iterator[PubSubBacking]:
    """A topic and its subscription for `run`, kept until the block ends. Raises BackingError."""
    _libraries()  # before the double, which could only log that they are missing
    with ExitStack() as stack:
        endpoint = stack.enter_context(_endpoint(cloud, os.environ, rules.lease_s))
        with clients(endpoint.environment) as use:
            queue = make_pubsub_queue(use, _project_of(endpoint.environment), fresh_name(run), rules)
        if not endpoint.temporary:
            stack.callback(_delete, endpoint, queue)
        yield PubSubBacking(**msgspec.structs.asdict(endpoint), queue=queue)


@contextmanager
def _endpoint(cloud: str, user: Mapping[str, str], lease_s: int) -> Iterator[CloudBacking]:
    """The Pub/Sub that `--cloud` names. Raises BackingError for an unknown value."""
    match cloud:
        case "real":
            environment = _real_environment(user)
            project = _project_of(environment)
            environment[PROJECT_VARIABLES[0]] = project
            description = f"Google Pub/Sub in project {project}, as your environment names it"
            yield CloudBacking(environment=environment, description=description, ceiling_per_s=None, temporary=False)
        case "embedded" if host := user.get(EMULATOR_VARIABLE):
            project = user.get(PROJECT_VARIABLES[0], EMULATOR_PROJECT)
            yield _emulator(f"the emulator at {host}", host, None, project=project, temporary=False)
        case "docker":
            with pubsub_emulator(EMULATOR_PROJECT) as container:
                yield _emulator(f"Google's emulator in Docker ({container.image})", container.address, None)
        case "embedded" | "double":
            with (
                scratch("pubsub") as folder,
                running("Pub/Sub double", partial(_command, lease_s, folder), lambda _: {}) as server,
            ):
                name = "Stockstorm's own double"
                yield _emulator(name, server.address, PUBSUB_DOUBLE_PER_S, parts=(server.part,))
        case _:
            remedy = f"write one of: {', '.join(PUBSUB_CLOUDS)}"
            raise BackingError("--cloud", f"{cloud!r} is unknown for Pub/Sub", remedy)


def _emulator(
    name: str,
    host: str,
    ceiling_per_s: float | None,
    *,
    project: str = EMULATOR_PROJECT,
    parts: tuple[ChildPart, ...] = (),
    temporary: bool = True,
) -> CloudBacking:
    return CloudBacking(
        environment={EMULATOR_VARIABLE: host, PROJECT_VARIABLES[0]: project},
        description=f"Google Pub/Sub emulated by {name}, {ceiling_text(ceiling_per_s)}",
        ceiling_per_s=ceiling_per_s,
        temporary=temporary,
        parts=parts,
    )


def _command(lease_s: int, folder: Path, port: int) -> list[str]:
    """Leases below Pub/Sub's minimum are accepted only where the run's own rules have one.

    The double continues its journal when it is started again.
    """
    shortest_s = str(min(lease_s, DEADLINE_MIN_S))
    return python_module(
        MODULE,
        "--host",
        HOST,
        "--port",
        str(port),
        "--deadline-min-s",
        shortest_s,
        "--journal",
        str(folder / "journal"),
    )


def _delete(endpoint: CloudBacking, queue: PubSubQueue) -> None:
    with clients(endpoint.environment) as use:
        _delete_pubsub_queue(use, queue)


class Clients(NamedTuple):
    """The generated clients: one call, one request, no threads of their own."""

    publisher: Any
    subscriber: Any


@contextmanager
def clients(environment: Mapping[str, str]) -> Iterator[Clients]:
    """Open until the block ends. Raises BackingError, also for calls inside the block."""
    pubsub, grpc = _libraries()
    channel = grpc.insecure_channel(environment[EMULATOR_VARIABLE]) if EMULATOR_VARIABLE in environment else None
    with _translated_errors(environment):
        if channel is None:
            yield Clients(pubsub.PublisherClient(), pubsub.SubscriberClient())
            return
        with channel:
            publisher = pubsub.PublisherClient(transport=_transport(pubsub.PublisherClient, channel))
            subscriber = pubsub.SubscriberClient(transport=_transport(pubsub.SubscriberClient, channel))
            yield Clients(publisher, subscriber)


def make_pubsub_queue(use: Clients, project: str, name: str, rules: QueueRules) -> PubSubQueue:
    """Creates the topic and the subscription `name`, and `name`-dead-letters of both."""
    topic, subscription = f"projects/{project}/topics/{name}", f"projects/{project}/subscriptions/{name}"
    queue = PubSubQueue(
        project=project,
        topic=topic,
        subscription=subscription,
        dead_letter_topic=f"{topic}-dead-letters",
        dead_letter_subscription=f"{subscription}-dead-letters",
    )
    for one in (queue.topic, queue.dead_letter_topic):
        use.publisher.create_topic(request={"name": one}, retry=None, timeout=CALL_TIMEOUT_S)
    dead = {"name": queue.dead_letter_subscription, "topic": queue.dead_letter_topic, "ack_deadline_seconds": 60}
    policy = {"dead_letter_topic": queue.dead_letter_topic, "max_delivery_attempts": rules.deliveries_max}
    live = {
        "name": queue.subscription,
        "topic": queue.topic,
        "ack_deadline_seconds": rules.lease_s,
        "dead_letter_policy": policy,
    }
    for request in (dead, live):
        use.subscriber.create_subscription(request=request, retry=None, timeout=CALL_TIMEOUT_S)
    return queue


def _delete_pubsub_queue(use: Clients, queue: PubSubQueue) -> None:
    """Deletes both topics and both subscriptions."""
    for subscription in (queue.subscription, queue.dead_letter_subscription):
        use.subscriber.delete_subscription(request={"subscription": subscription}, retry=None, timeout=CALL_TIMEOUT_S)
    for topic in (queue.topic, queue.dead_letter_topic):
        use.publisher.delete_topic(request={"topic": topic}, retry=None, timeout=CALL_TIMEOUT_S)


def _real_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """All of Google's variables that the user set, without the emulator's."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(VARIABLE_PREFIXES) and name != EMULATOR_VARIABLE
    }


def _project_of(environment: Mapping[str, str]) -> str:
    """The project that the variables name. Raises BackingError when there is none."""
    for name in PROJECT_VARIABLES:
        if environment.get(name):
            return environment[name]
    raise BackingError("Pub/Sub", "no project is set", f"set {PROJECT_VARIABLES[0]}")


def _libraries() -> tuple[Any, Any]:
    """google.pubsub_v1 and grpc. Raises BackingError with the command that installs them."""
    try:
        import grpc  # noqa: PLC0415 - an optional extra
        from google import pubsub_v1  # noqa: PLC0415 - an optional extra
    except ImportError as error:  # `google` alone may exist, as a namespace of another package
        raise BackingError(
            "Pub/Sub", f"google-cloud-pubsub is not installed ({error})", f"run: {install('gcp')}"
        ) from None
    return pubsub_v1, grpc


def _transport(client: Any, channel: Any) -> Any:
    return client.get_transport_class("grpc")(channel=channel)


@contextmanager
def _translated_errors(environment: Mapping[str, str]) -> Iterator[None]:
    """Raises the library's errors as BackingError with what to do."""
    from google.api_core.exceptions import GoogleAPIError  # noqa: PLC0415 - an optional extra
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - an optional extra

    emulator = environment.get(EMULATOR_VARIABLE)
    where = f"Pub/Sub at {emulator}" if emulator else "Google Pub/Sub"
    try:
        yield
    except GoogleAuthError as error:
        raise BackingError(where, str(error), "set GOOGLE_APPLICATION_CREDENTIALS; or omit --cloud real") from error
    except GoogleAPIError as error:
        remedy = (
            f"start it, or unset {EMULATOR_VARIABLE}" if emulator else "check the project and your permissions in it"
        )
        raise BackingError(where, str(error), remedy) from error
