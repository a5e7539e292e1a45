"""Processes one work type: claims entries, applies them, settles them, commits, then announces the result.

A claim is applied as a whole. If it fails, and not because of the database, it is claimed again and applied one entry
at a time in savepoints. So an entry that cannot be applied neither blocks the others nor rolls them back.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import structlog

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.clients.backoff import backoff_s
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.handlers import Handler, WorkResult
from stockstorm.reference_service.logs import reason_of
from stockstorm.reference_service.queues.base import Claim, DeadLetter, Entry, Retry, Source, Verdict, count_verdict
from stockstorm.reference_service.storage.database import StoreUnavailable

log = structlog.get_logger()


class WorkLoop:
    """The loop of one work type over one source.

    `announce` is called with each result after its commit. After `attempts_max` attempts an entry is a
    dead letter.
    """

    def __init__(
        self,
        work_type: WorkType,
        source: Source,
        handler: Handler,
        announce: Callable[[WorkResult], None],
        rng: random.Random,
        *,
        claim_max: int = limits.CLAIM_EVENTS_MAX,
        attempts_max: int = limits.ATTEMPTS_MAX,
    ) -> None:
        self._work_type = work_type
        self._source = source
        self._handler = handler
        self._announce = announce
        self._rng = rng
        self._claim_max = claim_max
        self._attempts_max = attempts_max
        self._label = work_type.name.lower()
        self._seconds = metrics.CLAIM_SECONDS.labels(self._label)
        self._sizes = metrics.CLAIM_EVENTS.labels(self._label)

    async def run(self) -> None:
        """Runs until cancelled. An idle loop claims at once; a busy one is paced, so that claims grow larger."""
        while True:
            started = time.monotonic()
            count = await self.work_once()
            if count == 0:
                await self._source.wait(self._work_type, limits.POLL_S)
            elif count < self._claim_max:
                await asyncio.sleep(max(0.0, started + limits.CLAIM_PACE_S - time.monotonic()))

    async def drain(self) -> int:
        """Processes claims until one is not full; returns the number of entries."""
        total = 0
        while (count := await self.work_once()) >= self._claim_max:
            total += count
        return total + count

    async def work_once(self) -> int:
        """Processes one claim; returns its number of entries."""
        try:
            return await self._process_claim(self._apply_as_a_whole)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - any error of one entry; the others must not wait for it
            log.warning("claim_failed", work_type=self._work_type.name, reason=reason_of(error))
            return await self._process_claim(self._apply_one_by_one)

    async def _process_claim(self, apply: Callable[[Claim], Awaitable[WorkResult]]) -> int:
        started = time.monotonic()
        async with self._source.claim(self._work_type, self._claim_max) as claim:
            entries = claim.entries
            if not entries:
                return 0
            result = await apply(claim)
            verdicts = [*result.verdicts, *(self._retry_or_bury(entry, reason) for entry, reason in result.failed)]
            await claim.settle(verdicts)
        self._seconds.observe(time.monotonic() - started)
        self._sizes.observe(len(entries))
        for verdict in verdicts:
            count_verdict(self._label, verdict)
        self._announce(result)
        return len(entries)

    async def _apply_as_a_whole(self, claim: Claim) -> WorkResult:
        return await self._handler.apply(claim.connection, claim.entries)

    async def _apply_one_by_one(self, claim: Claim) -> WorkResult:
        total = WorkResult([])
        for entry in claim.entries:
            try:
                async with claim.connection.transaction():
                    total.add(await self._handler.apply(claim.connection, [entry]))
            except StoreUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - any error of this entry; it is retried or becomes a dead letter
                total.failed.append((entry, reason_of(error)))
        return total

    def _retry_or_bury(self, entry: Entry, reason: str) -> Verdict:
        if entry.attempts + 1 >= self._attempts_max:
            return DeadLetter(entry, reason)
        return Retry(entry, backoff_s(entry.attempts + 1, self._rng), reason)
