"""`--cloud docker` on a real engine: the life of a container with an available image, and LocalStack's bus.

Without an engine or an image, these tests are skipped with the reason.
"""

import json
import socket
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from testcontainers.core.container import DockerContainer

from stockstorm.loadtests.backing import containers
from stockstorm.loadtests.backing.cloud.aws import client
from stockstorm.loadtests.backing.cloud.aws_backings import open_eventbridge
from stockstorm.loadtests.backing.containers import (
    LOCALSTACK_IMAGE,
    LOCALSTACK_VARIABLE,
    PUBSUB_VARIABLE,
    CloudContainer,
    disable_reaper,
    localstack,
    pubsub_emulator,
)
from stockstorm.loadtests.backing.postgres.docker import IMAGE
from stockstorm.simulator.errors import BackingError
from tests.contract.availability import CONTAINER, why_docker_is_unavailable, why_image_is_unavailable

pytestmark = list(CONTAINER)
Open = Callable[[], AbstractContextManager[CloudContainer]]


class Shell(DockerContainer):
    """Any image with a shell, instead of LocalStack's."""

    script = "echo Ready.; exec sleep 60"

    def __init__(self, image: str, **_: object) -> None:
        super().__init__(image, entrypoint=["sh", "-c", self.script])

    def with_services(self, *_: str) -> "Shell":
        return self


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> type[Shell]:
    if why := why_image_is_unavailable(IMAGE):
        pytest.skip(f"containers NOT tested: {why}")
    disable_reaper()
    monkeypatch.setenv(LOCALSTACK_VARIABLE, IMAGE)
    monkeypatch.setattr(containers, "_localstack_class", lambda: Shell)
    return Shell


def published() -> str:
    """The ports of every container that runs on 4566."""
    command = ["docker", "ps", "--filter", "expose=4566", "--format", "{{.Ports}}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout


@pytest.mark.usefixtures("shell")
def test_a_container_is_reached_over_loopback_only_and_removed_afterwards() -> None:
    with localstack("us-east-1") as running:
        assert f"127.0.0.1:{running.port}->4566/tcp" in published()
        assert f"0.0.0.0:{running.port}" not in published()
        assert f"[::]:{running.port}" not in published()
        socket.create_connection(("127.0.0.1", running.port), 5).close()
    assert f":{running.port}->" not in published()


def test_a_container_that_ends_early_is_reported_at_once_and_removed(
    shell: type[Shell], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "script", "echo no licence; exit 55")
    with pytest.raises(BackingError, match=r"was not ready \(RuntimeError: .*exit code: 55"), localstack("us-east-1"):
        pass
    everything = ["docker", "ps", "--all", "--filter", "expose=4566", "--format", "{{.Status}}"]
    listed = subprocess.run(everything, capture_output=True, text=True, timeout=20, check=True).stdout
    assert "Exited (55)" not in listed


def open_localstack() -> AbstractContextManager[CloudContainer]:
    return localstack("us-east-1")


def open_pubsub_emulator() -> AbstractContextManager[CloudContainer]:
    return pubsub_emulator("stockstorm")


@pytest.mark.parametrize("opened", [open_localstack, open_pubsub_emulator])
def test_an_image_that_cannot_be_pulled_is_an_error_that_names_it(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    if why := why_docker_is_unavailable():
        pytest.skip(f"testcontainers' own classes NOT tested: {why}")
    nowhere = "127.0.0.1:9/stockstorm/there-is-none:1"
    for variable in (LOCALSTACK_VARIABLE, PUBSUB_VARIABLE):
        monkeypatch.setenv(variable, nowhere)
    with pytest.raises(BackingError, match=f"the image {nowhere} cannot be pulled"), opened():
        pass


@pytest.mark.parametrize("opened", [open_localstack, open_pubsub_emulator])
def test_an_engine_that_does_not_answer_is_an_error_with_a_remedy(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    with pytest.raises(BackingError, match="no Docker engine answers") as caught, opened():
        pass
    assert "--cloud embedded" in caught.value.remedy


def test_localstacks_bus_sends_shopifys_events_to_its_queue() -> None:
    if why := why_image_is_unavailable(LOCALSTACK_IMAGE):
        pytest.skip(f"EventBridge by LocalStack NOT tested: {why}")
    with open_eventbridge("20261124-flash_sale-7", "docker") as bus:
        sqs, events = client("sqs", bus.environment), client("events", bus.environment)
        for source in ("somebody.else", bus.bus.source):
            entry = {
                "EventBusName": bus.bus.name,
                "Source": source,
                "DetailType": "shopifyWebhook",
                "Detail": json.dumps({"from": source}),
            }
            assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
        answer = sqs.receive_message(QueueUrl=bus.queue.url, MaxNumberOfMessages=10, WaitTimeSeconds=10)
        assert [json.loads(one["Body"])["detail"] for one in answer["Messages"]] == [{"from": bus.bus.source}]
        assert "emulated by the same LocalStack, ceiling not measured" in bus.description
        assert bus.ceiling_per_s is None
