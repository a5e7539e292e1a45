"""`--cloud docker` without an engine: the containers' settings, what a run receives, and every error."""

import sys
from types import SimpleNamespace
from typing import Any, ClassVar, Self

import pytest
from docker.errors import DockerException, ImageNotFound, NotFound  # type: ignore[import-untyped]  # has no types
from docker.utils.utils import convert_port_bindings  # type: ignore[import-untyped]  # docker has no types

import stockstorm.loadtests.backing.containers as cloud
from stockstorm.loadtests.backing.cloud.aws_backings import sqs_endpoint
from stockstorm.loadtests.backing.containers import LOCALSTACK_IMAGE, PUBSUB_IMAGE, localstack, pubsub_emulator
from stockstorm.simulator.errors import BackingError

PUBLISHED = 49_153


class Container:
    """Replaces both of testcontainers' classes and their engine."""

    made: ClassVar["Container"]
    there, refuses = True, ""  # refuses: the step that fails

    def __init__(self, image: str, **settings: Any) -> None:
        if self.refuses == "make":
            raise DockerException("Error while fetching server API version\nlong story")
        self.image, self.settings = image, settings
        self.env: dict[str, str] = {}
        self.ports: dict[str, object] = {"4566": None}
        self.command = ""
        self.did: list[str] = []
        Container.made = self

    def with_services(self, *services: str) -> Self:
        return self.with_env("SERVICES", ",".join(services))

    def with_env(self, name: str, value: str) -> Self:
        self.env[name] = value
        return self

    def with_command(self, command: str) -> Self:
        self.command = command
        return self

    def waiting_for(self, _: object) -> None:
        self.did.append("wait")

    def get(self, image: str) -> None:
        if not self.there:
            raise ImageNotFound(image)

    def pull(self, image: str) -> None:
        self.did.append(f"pull {image}")
        if self.refuses == "pull":
            raise NotFound("no such host")

    def start(self) -> None:
        self.did.append("start")
        if self.refuses == "start":
            raise RuntimeError("Container exited (exit code: 55)\nits log")

    def stop(self) -> None:
        self.did.append("stop")
        if self.refuses == "stop":
            raise DockerException("engine has gone")

    def get_docker_client(self) -> SimpleNamespace:
        return SimpleNamespace(client=SimpleNamespace(images=self), port=self._published)

    def get_container_id(self) -> str:
        return "c0ffee"

    def _published(self, identity: str, port: int) -> str:
        assert identity == "c0ffee"
        assert f"{port}/tcp" in self.ports
        return str(PUBLISHED)


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("STOCKSTORM_LOCALSTACK_IMAGE", "STOCKSTORM_PUBSUB_IMAGE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(cloud, "_localstack_class", lambda: Container)
    monkeypatch.setattr(cloud, "_container_class", lambda: Container)


def error(monkeypatch: pytest.MonkeyPatch, refuses: str, there: bool = True) -> str:
    monkeypatch.setattr(Container, "refuses", refuses)
    monkeypatch.setattr(Container, "there", there)
    with pytest.raises(BackingError) as caught, localstack("us-east-1"):
        pass
    assert caught.value.where == "--cloud docker"
    assert "or use --cloud embedded" in caught.value.remedy
    assert "\n" not in caught.value.found
    return f"{caught.value.found} | {caught.value.remedy}"


def test_localstack_has_two_services_on_loopback_only_and_sends_no_statistics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")  # the user's own region has no effect
    with localstack("us-east-1") as running:
        made = Container.made
        assert (running.image, running.url) == (LOCALSTACK_IMAGE, f"http://127.0.0.1:{PUBLISHED}")
        assert made.settings == {"edge_port": 4566, "region_name": "us-east-1"}
        assert (made.env["SERVICES"], made.env["DISABLE_EVENTS"]) == ("sqs,events", "1")
        assert convert_port_bindings(made.ports) == {"4566/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}
        assert made.did == ["wait", "start"]
    assert made.did[-1] == "stop"


def test_googles_emulator_has_the_project_and_is_on_loopback_only() -> None:
    with pubsub_emulator("stockstorm") as running:
        made = Container.made
        assert (running.image, running.address) == (PUBSUB_IMAGE, f"127.0.0.1:{PUBLISHED}")
        assert made.command == "gcloud beta emulators pubsub start --project=stockstorm --host-port=0.0.0.0:8432"
        assert convert_port_bindings(made.ports) == {"8432/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}
    assert made.did[-1] == "stop"


def test_a_run_receives_the_environment_of_every_emulator_and_no_ceiling() -> None:
    with sqs_endpoint("docker") as endpoint:
        for name in ("AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_EVENTBRIDGE"):
            assert endpoint.environment[name] == f"http://127.0.0.1:{PUBLISHED}"
        assert endpoint.environment["AWS_ACCESS_KEY_ID"] == "stockstorm"
        assert (endpoint.ceiling_per_s, endpoint.parts, endpoint.temporary) == (None, (), True)
        assert endpoint.description == (
            f"Amazon SQS emulated by LocalStack in Docker ({LOCALSTACK_IMAGE}), ceiling not measured"
        )


def test_an_image_that_is_missing_is_pulled_and_another_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Container, "there", False)
    monkeypatch.setenv("STOCKSTORM_LOCALSTACK_IMAGE", "mirror/localstack:1")
    with localstack("us-east-1") as running:
        assert running.image == "mirror/localstack:1"
        assert Container.made.did == ["pull mirror/localstack:1", "wait", "start"]


def test_a_silent_engine_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    text = error(monkeypatch, "make")
    assert "no Docker engine answers (DockerException: Error while fetching server API version)" in text
    assert "`docker info` must work" in text


def test_the_error_of_a_failed_pull_names_the_image_and_nothing_remains(monkeypatch: pytest.MonkeyPatch) -> None:
    text = error(monkeypatch, "pull", there=False)
    assert f"the image {LOCALSTACK_IMAGE} cannot be pulled (NotFound: " in text
    assert "another image: STOCKSTORM_LOCALSTACK_IMAGE=" in text
    assert Container.made.did[1:] == ["stop"]


def test_a_container_that_ends_before_it_is_ready_is_an_error_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = error(monkeypatch, "start")
    assert "was not ready (RuntimeError: Container exited (exit code: 55))" in text
    assert f"docker run --rm {LOCALSTACK_IMAGE}" in text
    assert Container.made.did[-1] == "stop"


def test_a_container_that_cannot_be_removed_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "could not be removed (DockerException: engine has gone) | remove it by hand" in error(monkeypatch, "stop")


def test_an_error_inside_the_block_is_raised_unchanged_and_the_container_removed() -> None:
    with pytest.raises(ZeroDivisionError), localstack("us-east-1"):
        raise ZeroDivisionError
    assert Container.made.did[-1] == "stop"


def test_the_error_for_a_missing_extra_has_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for name in ("community.localstack", "core.container"):
        monkeypatch.setitem(sys.modules, f"testcontainers.{name}", None)
    with pytest.raises(BackingError, match=r"'stockstorm\[docker,aws\]' .*; or"), localstack("us-east-1"):
        pass
    with pytest.raises(BackingError, match=r"'stockstorm\[docker,gcp\]' .*; or"), pubsub_emulator("stockstorm"):
        pass
