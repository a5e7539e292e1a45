"""Errors of cloud architectures when a setting or a package is missing."""

import builtins
from collections.abc import Callable
from typing import Any

import pytest

from stockstorm.reference_service.architectures import ARCHITECTURES
from stockstorm.reference_service.seams import SOUND
from stockstorm.reference_service.settings import BadSettings, Settings
from stockstorm.reference_service.wiring import RECEIVER

CLOUDS = ("queue-sqs", "queue-pubsub", "bus-eventbridge", "bus-pubsub")
NAMES = {
    "REFERENCE_SQS_QUEUE_URL": "http://127.0.0.1:1/q",
    "REFERENCE_PUBSUB_TOPIC": "projects/p/topics/t",
    "REFERENCE_PUBSUB_SUBSCRIPTION": "projects/p/subscriptions/s",
    "REFERENCE_BUS_URI": "pubsub://p:t",
}


NO_POOL: Any = None  # these architectures fail before they use it


def settings() -> Settings:
    return Settings(
        database_url="postgresql:///x",
        listen_port=0,
        receiver_operations_port=0,
        worker_operations_port=0,
        shop_domain="demo.myshopify.com",
        admin_api_url="http://127.0.0.1:1/graphql.json",
        admin_token="t",
        client_secret="s",
        public_url="http://127.0.0.1:2",
        channels_url="http://127.0.0.1:1/marketplaces",
        channels=("bazaar",),
        channel_token="t",
        channel_secret="s",
    )


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NAMES.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def without_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the import of both SDKs fail."""
    real: Callable[..., Any] = builtins.__import__

    def importing(name: str, *rest: Any) -> Any:
        if name.split(".", maxsplit=1)[0] in ("aiobotocore", "grpc", "google"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", importing)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", CLOUDS)
async def test_a_missing_variable_is_named_with_its_purpose(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in NAMES:
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(BadSettings, match=r"REFERENCE_(SQS_QUEUE_URL|PUBSUB_SUBSCRIPTION): is not set; it names the"):
        async with ARCHITECTURES[name].open_worker(settings(), NO_POOL, SOUND):
            pass


@pytest.mark.asyncio
@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.usefixtures("named", "without_extras")
async def test_a_missing_extra_is_named_with_the_command_that_installs_it(name: str) -> None:
    extra = "gcp" if "pubsub" in name else "aws"
    with pytest.raises(BadSettings, match=rf"run: pip install 'stockstorm\[{extra}\]'"):
        async with ARCHITECTURES[name].open_worker(settings(), NO_POOL, SOUND):
            pass
    if RECEIVER in ARCHITECTURES[name].processes:
        with pytest.raises(BadSettings, match="pip install"):
            async with ARCHITECTURES[name].open_receiver(settings(), NO_POOL, SOUND):
                pass
