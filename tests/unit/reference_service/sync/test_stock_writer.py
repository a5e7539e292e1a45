"""How the writer of the master waits when Shopify refuses a batch for now."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.admin_api import Answered
from stockstorm.reference_service.clients.documents import Adjust, AdjustPayload, UserError
from stockstorm.reference_service.sync.signals import Signals
from stockstorm.reference_service.sync.stock_writer import MasterWriter

CHANGES = '[{"inventory_item_id":1,"location_id":2,"delta":-1,"sold":1}]'


class NoRows:
    """A pool and its connection; the database holds nothing."""

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["NoRows"]:
        yield self

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        yield

    async def fetch(self, *_: Any) -> list[Any]:
        return []

    async def fetchrow(self, *_: Any) -> dict[str, Any]:
        """The batch that was left open."""
        return {"batch_id": 1, "idempotency_key": "key", "reference": "urn:x", "changes": CHANGES}

    async def fetchval(self, *_: Any) -> int:
        """The batch was open."""
        return 1

    async def execute(self, *_: Any) -> None:
        """Takes everything."""


class Dice(random.Random):
    """Notes between what bounds it was thrown, and falls on the low end."""

    def __init__(self) -> None:
        super().__init__(1)
        self.bounds: list[tuple[float, float]] = []

    def uniform(self, a: float, b: float) -> float:
        self.bounds.append((a, b))
        return a


class Refusing:
    """An Admin API that refuses a batch with a code, `times` at most and then takes it."""

    def __init__(self, code: str, times: int = 1_000) -> None:
        self._code = code
        self._times = times

    async def call(self, *_: Any) -> Answered[Adjust]:
        self._times -= 1
        if self._times < 0:
            return Answered(Adjust(AdjustPayload(None, [])), 1, 2)
        return Answered(Adjust(AdjustPayload(None, [UserError("no", code=self._code)])), 1, 2)


@pytest.mark.asyncio
async def test_a_batch_to_be_tried_again_waits_for_times_that_double_and_are_spread_over_all_of_it() -> None:
    dice = Dice()
    pool: Any = NoRows()
    admin: Any = Refusing("ADJUST_QUANTITIES_FAILED")
    await MasterWriter(pool, admin, Signals(), dice).replay()
    ceilings = [limits.BACKOFF_FIRST_S * 2.0**n for n in range(limits.ATTEMPTS_MAX - 1)]
    assert dice.bounds == [(0.0, ceiling) for ceiling in [*ceilings, 1.0]]  # then it is refused for the first time


@pytest.mark.asyncio
@pytest.mark.parametrize("code", ["SERVICE_UNAVAILABLE", "IDEMPOTENCY_CONCURRENT_REQUEST"])
async def test_a_batch_that_may_still_be_executed_is_never_given_up(code: str) -> None:
    dice = Dice()
    pool: Any = NoRows()
    admin: Any = Refusing(code, times=2 * limits.ATTEMPTS_MAX)
    await MasterWriter(pool, admin, Signals(), dice).replay()
    assert len(dice.bounds) == 2 * limits.ATTEMPTS_MAX


@pytest.mark.asyncio
async def test_after_refusals_that_name_no_row_the_next_batch_waits_longer_each_time() -> None:
    dice = Dice()
    pool: Any = NoRows()
    admin: Any = Refusing("INVALID_REASON")
    writer = MasterWriter(pool, admin, Signals(), dice)
    for _ in range(3):
        await writer.replay()
    assert dice.bounds == [(0.0, 1.0), (0.0, 2.0), (0.0, 4.0)]
