"""Docker containers for one run, by testcontainers (extra `docker`): LocalStack, Google's Pub/Sub emulator, helpers.

A container is removed after the run. Its port is published on the loopback interface of the engine's machine only, so
the engine has to be on this one. It gets no credentials, and its usage statistics are off. Google's emulator is a plain
container: testcontainers' module for it also imports the Datastore client, which nothing here needs. PostgreSQL's
container is in `postgres/docker.py`.
"""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from stockstorm.loadtests.extras import Extra, install
from stockstorm.simulator.errors import BackingError

LOOPBACK: Final = "127.0.0.1"
WHERE: Final = "--cloud docker"
INSTEAD: Final = "or use --cloud embedded"
READY_WITHIN_S: Final = 120
LOCALSTACK_IMAGE: Final = "localstack/localstack:4.14.0"  # later ones need an account token
LOCALSTACK_VARIABLE: Final = "STOCKSTORM_LOCALSTACK_IMAGE"
PUBSUB_IMAGE: Final = "google/cloud-sdk:emulators"
PUBSUB_VARIABLE: Final = "STOCKSTORM_PUBSUB_IMAGE"
PUBSUB_PORT: Final = 8432
LOCALSTACK_PORT: Final = 4566
LOCALSTACK_SETTINGS: Final = {
    "EAGER_SERVICE_LOADING": "1",  # before it is ready, not at the first events
    "SQS_ENDPOINT_STRATEGY": "path",
    "SQS_DISABLE_CLOUDWATCH_METRICS": "1",
    "DISABLE_EVENTS": "1",  # usage statistics
    "SKIP_SSL_CERT_DOWNLOAD": "1",
}


class CloudContainer(msgspec.Struct, frozen=True):
    """A container that is ready."""

    image: str
    port: int

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"


@contextmanager
def localstack(region: str) -> Iterator[CloudContainer]:
    """SQS and EventBridge at one address. Raises BackingError."""
    image = os.environ.get(LOCALSTACK_VARIABLE, LOCALSTACK_IMAGE)
    make_one = _localstack_class()

    def make() -> Any:
        container = make_one(image, edge_port=LOCALSTACK_PORT, region_name=region).with_services("sqs", "events")
        for name, value in LOCALSTACK_SETTINGS.items():
            container.with_env(name, value)
        return container

    with _running(image, LOCALSTACK_VARIABLE, make, LOCALSTACK_PORT, r"^Ready\.\s*$") as running:
        yield running


@contextmanager
def pubsub_emulator(project: str) -> Iterator[CloudContainer]:
    """Google's Pub/Sub emulator. Raises BackingError."""
    image = os.environ.get(PUBSUB_VARIABLE, PUBSUB_IMAGE)
    make_one = _container_class()

    def make() -> Any:
        command = f"gcloud beta emulators pubsub start --project={project} --host-port=0.0.0.0:{PUBSUB_PORT}"
        return make_one(image).with_command(command)

    listening = r"Server started, listening on \d+"
    with _running(image, PUBSUB_VARIABLE, make, PUBSUB_PORT, listening) as running:
        yield running


@contextmanager
def _running(image: str, variable: str, make: Callable[[], Any], port: int, ready: str) -> Iterator[CloudContainer]:
    """Creates, pulls and starts it and waits until it is ready, each step with its own error. Always removes it."""
    with _translated_errors("no Docker engine answers", "start one (`docker info` must work)"):
        container = make()
    try:
        publish_on_loopback(container, port)
        with _translated_errors(f"the image {image} cannot be pulled", f"another image: {variable}=…"):
            _pull(container)
        check = f"check that `docker run --rm {image}` works, with another image by {variable}=…"
        with _translated_errors(f"the container of {image} was not ready", check):
            _start(container, ready)
            found = published_port(container, port)
        yield CloudContainer(image, found)
    finally:
        with _translated_errors(f"the container of {image} could not be removed", "remove it by hand: docker rm -f"):
            container.stop()


def _pull(container: Any) -> None:
    """Pulls the image if it is missing. `start` would do so too, but its errors do not separate a failed pull."""
    from docker.errors import ImageNotFound  # type: ignore[import-untyped]  # noqa: PLC0415 - has no types; an extra

    images = container.get_docker_client().client.images
    try:
        images.get(container.image)
    except ImageNotFound:
        images.pull(container.image)


def _start(container: Any, ready: str) -> None:
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy  # noqa: PLC0415 - an optional extra

    container.waiting_for(LogMessageWaitStrategy(ready).with_startup_timeout(READY_WITHIN_S))
    with warnings.catch_warnings():
        # LocalStack's class then waits once more, by a function that testcontainers itself has deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        container.start()


def _localstack_class() -> Any:
    with _installed("docker", "aws"):
        from testcontainers.community.localstack import LocalStackContainer  # noqa: PLC0415 - an optional extra

        disable_reaper()
    return LocalStackContainer


def _container_class() -> Any:
    with _installed("docker", "gcp"):
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - an optional extra

        disable_reaper()
    return DockerContainer


@contextmanager
def _installed(*extras: Extra) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        remedy = f"run: {install(*extras)}; {INSTEAD}"
        raise BackingError(WHERE, f"{error.name} is not installed", remedy) from None


@contextmanager
def _translated_errors(what: str, remedy: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # docker, requests and testcontainers each raise their own
        raise BackingError(WHERE, f"{what} ({first_line(error)})", f"{remedy}; {INSTEAD}") from error


def disable_reaper() -> None:
    """testcontainers' reaper is a second image to pull. We remove our containers ourselves. Needs testcontainers."""
    from testcontainers.core.config import testcontainers_config  # noqa: PLC0415 - an optional extra

    testcontainers_config.ryuk_disabled = True


def publish_on_loopback(container: Any, port: int) -> None:
    """Before it starts. `with_bind_ports` takes no address; docker-py takes (address, None) for a free port on it."""
    container.ports = {f"{port}/tcp": (LOOPBACK, None)}


def published_port(container: Any, port: int) -> int:
    """Where `port` is on this machine. Inside a container testcontainers itself would name the bridge's address."""
    return int(container.get_docker_client().port(container.get_container_id(), port))


def first_line(error: Exception) -> str:
    """Type and first line of an error of docker, requests or testcontainers. Some of them quote whole logs."""
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
