"""Works on one work_type of the queue: claim, apply, settle, commit, and only then tell the others.

A claim is applied as a whole. If that fails by an event and not by the database, the claim is taken once more, one
event at a time, so that a poison event neither blocks the others nor takes them along.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.backoff import backoff_s
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.handlers import Handler, WorkResult
from stockstorm.reference_service.queues.base import (
    Claim,
    DeadLetter,
    Entry,
    Retry,
    Settled,
    Source,
    Verdict,
)
from stockstorm.reference_service.storage.database import StoreUnavailable
from stockstorm.reference_service.telemetry import metrics
from stockstorm.reference_service.telemetry.logs import reason_of

log = structlog.get_logger()


class WorkLoop:
    """One work_type's loop. `announce` hears the results after their commit; `attempts_max` makes an event a dead letter."""

    def __init__(
        self,
        work_type: WorkType,
        queue: Source,
        work: Handler,
        announce: Callable[[WorkResult], None],
        dice: random.Random,
        *,
        claim_max: int = limits.CLAIM_EVENTS_MAX,
        attempts_max: int = limits.ATTEMPTS_MAX,
    ) -> None:
        self._lane = work_type
        self._queue = queue
        self._work = work
        self._announce = announce
        self._dice = dice
        self._claim_max = claim_max
        self._attempts_max = attempts_max
        name = work_type.name.lower()
        self._seconds = metrics.CLAIM_SECONDS.labels(name)
        self._sizes = metrics.CLAIM_EVENTS.labels(name)

    async def run(self) -> None:
        """Works until cancelled: at once when idle, paced when busy, so that a claim is worth its round trips."""
        while True:
            started = time.monotonic()
            count = await self.work_once()
            if count == 0:
                await self._queue.wait(self._lane, limits.POLL_S)
            elif count < self._claim_max:
                await asyncio.sleep(max(0.0, started + limits.CLAIM_PACE_S - time.monotonic()))

    async def drain(self) -> None:
        """Works until the work_type holds less than a full claim."""
        while await self.work_once() >= self._claim_max:
            pass

    async def work_once(self) -> int:
        """Works on one claim; returns how many entries it had."""
        try:
            return await self._work_on(self._as_a_whole)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever one event breaks, the others must not wait for it
            log.warning("claim_failed", work_type=self._lane.name, reason=reason_of(error))
            return await self._work_on(self._one_by_one)

    async def _work_on(self, apply: Callable[[Claim], Awaitable[WorkResult]]) -> int:
        started = time.monotonic()
        async with self._queue.claim(self._lane, self._claim_max) as claim:
            entries = claim.entries
            if not entries:
                return 0
            result = await apply(claim)
            verdicts = [*result.verdicts, *(self._again(entry, reason) for entry, reason in result.failed)]
            await claim.settle(verdicts)
        self._seconds.observe(time.monotonic() - started)
        self._sizes.observe(len(entries))
        self._count(verdicts)
        self._announce(result)
        return len(entries)

    async def _as_a_whole(self, claim: Claim) -> WorkResult:
        return await self._work.apply(claim.connection, claim.entries)

    async def _one_by_one(self, claim: Claim) -> WorkResult:
        total = WorkResult([])
        for entry in claim.entries:
            try:
                async with claim.connection.transaction():
                    total.add(await self._work.apply(claim.connection, [entry]))
            except StoreUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - as above; the event is tried again, then buried with its reason
                total.failed.append((entry, reason_of(error)))
        return total

    def _again(self, entry: Entry, reason: str) -> Verdict:
        if entry.attempts + 1 >= self._attempts_max:
            return DeadLetter(entry, reason)
        return Retry(entry, backoff_s(entry.attempts + 1, self._dice), reason)

    def _count(self, verdicts: Sequence[Verdict]) -> None:
        work_type = self._lane.name.lower()
        for verdict in verdicts:
            match verdict:
                case Settled(state=state):
                    metrics.EVENTS.labels(work_type, state.name.lower()).inc()
                case Retry():
                    metrics.EVENTS.labels(work_type, "retried").inc()
                case DeadLetter(entry=entry, reason=reason):
                    metrics.EVENTS.labels(work_type, "dead_lettered").inc()
                    log.error("dead_letter", topic=entry.topic, source=entry.source, seq=entry.seq, reason=reason)
