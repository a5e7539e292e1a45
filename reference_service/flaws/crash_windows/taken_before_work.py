"""Events leave the queue before they are applied, so a killed worker loses those that it holds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec.structs import replace

from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.flaws.deciding import without_missed
from stockstorm.reference_service.queues.base import Claim, Entry
from stockstorm.reference_service.queues.postgres import PostgresClaim, PostgresQueue
from stockstorm.reference_service.seams import Seams

WINDOW_S = 0.1
_TAKE = """
DELETE FROM queue WHERE work_type = $1 AND entry IN (
  SELECT entry FROM queue WHERE work_type = $1 AND due_at <= clock_timestamp() ORDER BY entry LIMIT $2)
RETURNING entry, seq, source, topic, triggered_ns, attempts, body
"""


class _AtMostOnce(PostgresQueue):
    @asynccontextmanager
    async def claim(self, work_type: WorkType, limit: int) -> AsyncIterator[Claim]:
        rows = await self._pool.fetch(_TAKE, int(work_type), limit)
        if rows:
            await asyncio.sleep(WINDOW_S)
        async with self._pool.acquire() as connection, connection.transaction():
            yield PostgresClaim(work_type, connection, [Entry(*row) for row in rows])


def compose(seams: Seams) -> Seams:
    """At most once."""
    return replace(seams, make_queue=_AtMostOnce, wrap_feeds=without_missed)
