"""What a run creates in a Google Cloud project or an emulator of one: topic, subscription, and both for dead letters.

google-cloud-pubsub is an optional extra, imported when first needed. Channels are closed after each use: the process
that opens a backing goes on to start others, and gRPC's threads and a fork do not go well together.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from stockstorm.loadtests.backing.cloud.base import PubSubQueue, QueueRules
from stockstorm.simulator.errors import BackingError

EXTRA: Final = "make setup, or pip install -e '.[gcp]' in the clone"
EMULATOR_VARIABLE: Final = "PUBSUB_EMULATOR_HOST"
PROJECT_VARIABLES: Final = ("PUBSUB_PROJECT_ID", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT")
PREFIXES: Final = ("GOOGLE_", "GCLOUD_", "CLOUDSDK_", "GCE_", "PUBSUB_")
CALL_TIMEOUT_S: Final = 20.0  # and no retries: by default the library would try for ten minutes


class Clients(NamedTuple):
    """The generated clients: one call, one request, no threads of their own."""

    publisher: Any
    subscriber: Any


@contextmanager
def clients(environment: Mapping[str, str]) -> Iterator[Clients]:
    """For the length of a block. Raises BackingError, also for what fails inside the block."""
    pubsub, grpc = libraries()
    channel = grpc.insecure_channel(environment[EMULATOR_VARIABLE]) if EMULATOR_VARIABLE in environment else None
    with _explaining(environment):
        if channel is None:
            yield Clients(pubsub.PublisherClient(), pubsub.SubscriberClient())
            return
        with channel:
            publisher = pubsub.PublisherClient(transport=_transport(pubsub.PublisherClient, channel))
            subscriber = pubsub.SubscriberClient(transport=_transport(pubsub.SubscriberClient, channel))
            yield Clients(publisher, subscriber)


def make_pubsub_queue(use: Clients, project: str, name: str, rules: QueueRules) -> PubSubQueue:
    """Topic and subscription `name`, and `name`-dead-letters of both."""
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


def delete_pubsub_queue(use: Clients, queue: PubSubQueue) -> None:
    """All four."""
    for subscription in (queue.subscription, queue.dead_letter_subscription):
        use.subscriber.delete_subscription(request={"subscription": subscription}, retry=None, timeout=CALL_TIMEOUT_S)
    for topic in (queue.topic, queue.dead_letter_topic):
        use.publisher.delete_topic(request={"topic": topic}, retry=None, timeout=CALL_TIMEOUT_S)


def real_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Everything of Google's that the user set, but for the emulator."""
    return {
        name: value for name, value in environment.items() if name.startswith(PREFIXES) and name != EMULATOR_VARIABLE
    }


def project_of(environment: Mapping[str, str]) -> str:
    """Raises BackingError when none is named."""
    for name in PROJECT_VARIABLES:
        if environment.get(name):
            return environment[name]
    raise BackingError("Pub/Sub", "no project is named", f"set {PROJECT_VARIABLES[0]}")


def libraries() -> tuple[Any, Any]:
    """google.pubsub_v1 and grpc. Raises BackingError with the line that installs them."""
    try:
        import grpc  # noqa: PLC0415 - an optional extra
        from google import pubsub_v1  # noqa: PLC0415 - an optional extra
    except ImportError as error:  # `google` alone may be there, as a namespace of another package
        raise BackingError("Pub/Sub", f"google-cloud-pubsub is not installed ({error})", f"run: {EXTRA}") from None
    return pubsub_v1, grpc


def _transport(client: Any, channel: Any) -> Any:
    return client.get_transport_class("grpc")(channel=channel)


@contextmanager
def _explaining(environment: Mapping[str, str]) -> Iterator[None]:
    from google.api_core.exceptions import GoogleAPIError  # noqa: PLC0415 - an optional extra
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - an optional extra

    emulator = environment.get(EMULATOR_VARIABLE)
    where = f"Pub/Sub at {emulator}" if emulator else "Google Pub/Sub"
    try:
        yield
    except GoogleAuthError as error:
        raise BackingError(
            where, str(error), "set GOOGLE_APPLICATION_CREDENTIALS; or leave out --cloud real"
        ) from error
    except GoogleAPIError as error:
        remedy = f"start it, or unset {EMULATOR_VARIABLE}" if emulator else "check the project and your rights in it"
        raise BackingError(where, str(error), remedy) from error
