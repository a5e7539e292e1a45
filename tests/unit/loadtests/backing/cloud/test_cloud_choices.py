"""The cloud service of a run, and the errors when it is unavailable."""

import sys
from importlib import metadata

import pytest

from stockstorm.loadtests.backing.cloud.aws import client, emulator_environment, real_environment
from stockstorm.loadtests.backing.cloud.aws_backings import open_eventbridge, open_sqs, real_sqs
from stockstorm.loadtests.backing.cloud.base import fresh_name
from stockstorm.loadtests.backing.cloud.emulators import INSTALL
from stockstorm.loadtests.backing.cloud.pubsub import open_pubsub
from stockstorm.simulator.errors import BackingError


def test_the_error_for_an_unknown_cloud_lists_the_known_ones() -> None:
    with (
        pytest.raises(BackingError, match="write one of: embedded, docker, real, fauxqs, moto"),
        open_sqs("run", "azure"),
    ):
        pass
    with (
        pytest.raises(BackingError, match="write one of: embedded, docker, real, double"),
        open_pubsub("run", "fauxqs"),
    ):
        pass


def test_the_error_for_a_missing_boto3_has_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(BackingError, match=r"pip install 'stockstorm\[aws\]'"):
        client("sqs", emulator_environment())


def test_the_error_for_a_missing_moto_has_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> str:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(BackingError, match=r"pip install 'stockstorm\[aws\]'"), open_eventbridge("run", "moto"):
        pass


def test_the_error_without_googles_library_has_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "grpc", None)
    with pytest.raises(BackingError, match=r"pip install 'stockstorm\[gcp\]'"), open_pubsub("run"):
        pass


def test_moto_replaces_a_missing_fauxqs_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stockstorm.loadtests.backing.cloud.aws_backings.find_fauxqs", lambda: None)
    with open_sqs("run") as backing:
        assert "moto" in backing.description
        assert INSTALL in backing.description
    with pytest.raises(BackingError, match="npm ci"), open_sqs("run", "fauxqs"):
        pass


def test_the_real_cloud_comes_from_the_users_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "do-not-tell")
    endpoint = real_sqs()
    assert endpoint.environment["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert endpoint.ceiling_per_s is None
    assert endpoint.description == "Amazon SQS in eu-west-1, as your environment names it"


def test_only_the_clouds_own_variables_are_passed_on() -> None:
    assert real_environment({"AWS_PROFILE": "shop", "HOME": "/root"}) == {"AWS_PROFILE": "shop"}


def test_the_error_for_a_missing_project_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PUBSUB_PROJECT_ID", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(BackingError, match="set PUBSUB_PROJECT_ID"), open_pubsub("run", "real"):
        pass


def test_a_running_emulator_is_used_and_not_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_pubsub("outer", "double") as outer:
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", outer.environment["PUBSUB_EMULATOR_HOST"])
        with open_pubsub("inner") as inner:
            assert inner.environment["PUBSUB_EMULATOR_HOST"] == outer.environment["PUBSUB_EMULATOR_HOST"]
            assert "the emulator at 127.0.0.1" in inner.description
            assert (inner.ceiling_per_s, inner.processes()) == (None, [])
        assert outer.processes()


def test_the_error_for_a_silent_emulator_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:9")
    with pytest.raises(BackingError, match=r"Pub/Sub at 127\.0\.0\.1:9"), open_pubsub("run"):
        pass


def test_names_are_unique_and_valid_for_every_service() -> None:
    names = {fresh_name("20261124-142530-Flash_Sale!-with-a-very-long-name-indeed-7") for _ in range(50)}
    assert len(names) == 50
    assert all(len(f"{name}-dead-letters") <= 80 for name in names)
    assert all(name.replace("-", "").isalnum() and name.islower() for name in names)
