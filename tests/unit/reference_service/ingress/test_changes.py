"""What is told to the worker in the transaction of a change."""

from typing import Any

import msgspec
import pytest

from stockstorm.reference_service.handlers import WorkResult
from stockstorm.reference_service.ingress.changes import PAYLOAD_BYTES_MAX, Change, tell


class Connection:
    """Notes payloads."""

    def __init__(self) -> None:
        self.told: list[Change] = []

    async def execute(self, _statement: str, _channel: str, payload: str) -> None:
        assert len(payload.encode()) <= PAYLOAD_BYTES_MAX
        self.told.append(msgspec.json.decode(payload, type=Change))


async def told(**what: Any) -> list[Change]:
    connection = Connection()
    await tell(connection, 7, WorkResult([], **what))
    return connection.told


@pytest.mark.asyncio
async def test_a_change_is_told_as_it_is() -> None:
    assert await told(skus={"B", "A"}, moved={("bazaar", "A")}, effects=True) == [
        Change(7, skus=["A", "B"], moved=[("bazaar", "A")], effects=True)
    ]


@pytest.mark.asyncio
async def test_nothing_is_told_of_nothing() -> None:
    assert await told() == []


@pytest.mark.asyncio
async def test_what_is_too_much_to_tell_is_told_as_everything() -> None:
    assert await told(skus={f"SKU-{n:05d}" for n in range(1_000)}) == [Change(7, everything=True)]
