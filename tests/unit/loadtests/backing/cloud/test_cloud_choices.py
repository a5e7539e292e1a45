"""Which cloud a run gets, and what a user is told when it cannot be had."""

import sys
from importlib import metadata

import pytest

from stockstorm.loadtests.backing.cloud.aws import client, emulator_environment, real_environment
from stockstorm.loadtests.backing.cloud.aws_backings import open_eventbridge, open_sqs, real_sqs
from stockstorm.loadtests.backing.cloud.base import fresh_name
from stockstorm.loadtests.backing.cloud.emulators import INSTALL
from stockstorm.loadtests.backing.cloud.pubsub import open_pubsub
from stockstorm.simulator.errors import BackingError


def test_an_unknown_cloud_is_told_the_words_there_are() -> None:
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


def test_without_boto3_the_line_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(BackingError, match=r"pip install -e '\.\[aws\]' in the clone"):
        client("sqs", emulator_environment())


def test_without_moto_the_line_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> str:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(BackingError, match=r"pip install -e '\.\[aws\]' in the clone"), open_eventbridge("run", "moto"):
        pass


def test_without_googles_library_the_line_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "grpc", None)
    with pytest.raises(BackingError, match=r"pip install -e '\.\[gcp\]' in the clone"), open_pubsub("run"):
        pass


def test_without_fauxqs_it_is_moto_and_the_line_that_installs_fauxqs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stockstorm.loadtests.backing.cloud.aws_backings.find_fauxqs", lambda: None)
    with open_sqs("run") as backing:
        assert "moto" in backing.description
        assert INSTALL in backing.description
    with pytest.raises(BackingError, match="npm ci"), open_sqs("run", "fauxqs"):
        pass


def test_the_real_cloud_is_what_the_users_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "do-not-tell")
    endpoint = real_sqs()
    assert endpoint.environment["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert endpoint.ceiling_per_s is None
    assert endpoint.description == "Amazon SQS in eu-west-1, as your environment names it"


def test_only_the_clouds_own_variables_are_handed_on() -> None:
    assert real_environment({"AWS_PROFILE": "shop", "HOME": "/root"}) == {"AWS_PROFILE": "shop"}


def test_a_real_pubsub_without_a_project_is_told_which_variable_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PUBSUB_PROJECT_ID", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(BackingError, match="set PUBSUB_PROJECT_ID"), open_pubsub("run", "real"):
        pass


def test_an_emulator_that_runs_already_is_used_and_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_pubsub("outer", "double") as outer:
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", outer.environment["PUBSUB_EMULATOR_HOST"])
        with open_pubsub("inner") as inner:
            assert inner.environment["PUBSUB_EMULATOR_HOST"] == outer.environment["PUBSUB_EMULATOR_HOST"]
            assert "the emulator at 127.0.0.1" in inner.description
            assert (inner.ceiling_per_s, inner.processes()) == (None, [])
        assert outer.processes()


def test_an_emulator_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:9")
    with pytest.raises(BackingError, match=r"Pub/Sub at 127\.0\.0\.1:9"), open_pubsub("run"):
        pass


def test_names_are_allowed_everywhere_and_never_the_same() -> None:
    names = {fresh_name("20261124-142530-Flash_Sale!-with-a-very-long-name-indeed-7") for _ in range(50)}
    assert len(names) == 50
    assert all(len(f"{name}-dead-letters") <= 80 for name in names)
    assert all(name.replace("-", "").isalnum() and name.islower() for name in names)
