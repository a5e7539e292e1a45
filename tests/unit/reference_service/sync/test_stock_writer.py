"""How the stock writer waits when Shopify refuses a batch."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.admin_api import Answered
from stockstorm.reference_service.clients.documents import Adjust, AdjustPayload, UserError
from stockstorm.reference_service.sync.signals import Signals
from stockstorm.reference_service.sync.stock_writer import StockWriter

CHANGES = '[{"inventory_item_id":1,"location_id":2,"delta":-1,"sold":1}]'


class NoRows:
    """A pool and its connection over an empty database with one open batch."""

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["NoRows"]:
        yield self

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        yield

    async def fetch(self, *_: Any) -> list[Any]:
        return []

    async def fetchrow(self, *_: Any) -> dict[str, Any]:
        """The open batch."""
        return {"batch_id": 1, "idempotency_key": "key", "reference": "urn:x", "changes": CHANGES}

    async def fetchval(self, *_: Any) -> int:
        """The batch was still open when it was closed."""
        return 1

    async def execute(self, *_: Any) -> None:
        """Accepts every statement."""


class LowRandom(random.Random):
    """Records the bounds of each draw and returns the lower one, so that nothing sleeps."""

    def __init__(self) -> None:
        super().__init__(1)
        self.bounds: list[tuple[float, float]] = []

    def uniform(self, a: float, b: float) -> float:
        self.bounds.append((a, b))
        return a


class RefusingApi:
    """An Admin API that refuses a batch with a code `times` times and then accepts it."""

    def __init__(self, code: str, times: int = 1_000) -> None:
        self._code = code
        self._times = times

    async def call(self, *_: Any) -> Answered[Adjust]:
        self._times -= 1
        if self._times < 0:
            return Answered(Adjust(AdjustPayload(None, [])), 1, 2)
        return Answered(Adjust(AdjustPayload(None, [UserError("no", code=self._code)])), 1, 2)


@pytest.mark.asyncio
async def test_a_retryable_batch_backs_off_exponentially_with_full_jitter() -> None:
    rng = LowRandom()
    pool: Any = NoRows()
    admin: Any = RefusingApi("ADJUST_QUANTITIES_FAILED")
    await StockWriter(pool, admin, Signals(), rng).finish_open_batch()
    ceilings = [limits.BACKOFF_FIRST_S * 2.0**n for n in range(limits.ATTEMPTS_MAX - 1)]
    assert rng.bounds == [(0.0, ceiling) for ceiling in [*ceilings, 1.0]]  # the last wait is after the first refusal


@pytest.mark.asyncio
@pytest.mark.parametrize("code", ["SERVICE_UNAVAILABLE", "IDEMPOTENCY_CONCURRENT_REQUEST"])
async def test_a_batch_that_may_still_be_executed_is_retried_without_limit(code: str) -> None:
    rng = LowRandom()
    pool: Any = NoRows()
    admin: Any = RefusingApi(code, times=2 * limits.ATTEMPTS_MAX)
    await StockWriter(pool, admin, Signals(), rng).finish_open_batch()
    assert len(rng.bounds) == 2 * limits.ATTEMPTS_MAX


@pytest.mark.asyncio
async def test_repeated_refusals_that_name_no_row_back_off_exponentially() -> None:
    rng = LowRandom()
    pool: Any = NoRows()
    admin: Any = RefusingApi("INVALID_REASON")
    writer = StockWriter(pool, admin, Signals(), rng)
    for _ in range(3):
        await writer.finish_open_batch()
    assert rng.bounds == [(0.0, 1.0), (0.0, 2.0), (0.0, 4.0)]
