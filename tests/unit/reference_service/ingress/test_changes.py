"""The notification of the worker in the transaction of a change."""

from typing import Any

import msgspec
import pytest

from stockstorm.reference_service.handlers import WorkResult
from stockstorm.reference_service.ingress.changes import PAYLOAD_BYTES_MAX, Change, notify


class Connection:
    """Records payloads."""

    def __init__(self) -> None:
        self.notified: list[Change] = []

    async def execute(self, _statement: str, _channel: str, payload: str) -> None:
        assert len(payload.encode()) <= PAYLOAD_BYTES_MAX
        self.notified.append(msgspec.json.decode(payload, type=Change))


async def notified(**what: Any) -> list[Change]:
    connection: Any = Connection()
    await notify(connection, 7, WorkResult([], **what))
    return list(connection.notified)


@pytest.mark.asyncio
async def test_a_change_is_notified_in_full() -> None:
    assert await notified(skus={"B", "A"}, moved={("bazaar", "A")}, effects=True) == [
        Change(7, skus=["A", "B"], moved=[("bazaar", "A")], effects=True)
    ]


@pytest.mark.asyncio
async def test_an_empty_result_is_not_notified() -> None:
    assert await notified() == []


@pytest.mark.asyncio
async def test_a_change_over_the_payload_limit_is_notified_as_everything() -> None:
    assert await notified(skus={f"SKU-{n:05d}" for n in range(1_000)}) == [Change(7, everything=True)]
