"""A scheduled flow as an integration vendor runs it: step after step, one record at a time, within a number of tasks.

A run first finishes what the run before left over, then takes each marketplace's new orders, then the levels that
changed. An order is recorded, written to the master in a call of its own, and each SKU that moved is pushed to each
channel in a call of its own. Every such step takes its latency and counts as a task; when the tasks of a run are spent,
the rest waits for the next. A record that fails gets one more try, on the next run; then it is a dead letter.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.feeds.polling import StockPoll, feed_worker
from stockstorm.reference_service.handlers.work_loop import WorkLoop
from stockstorm.reference_service.queues.postgres import PostgresQueue
from stockstorm.reference_service.telemetry import metrics
from stockstorm.reference_service.wiring import Parts

log = structlog.get_logger()


class TasksSpent(Exception):
    """The run has had its number of tasks."""


class Tasks:
    """The tasks of one run."""

    def __init__(self, tasks_max: int, step_s: float) -> None:
        self._max = tasks_max
        self._step_s = step_s
        self.count = 0

    async def step(self, action: Callable[[], Awaitable[object]] | None = None) -> object:
        """One task: the vendor's own latency, then the action; gives the action's result, or raises TasksSpent."""
        if self.count >= self._max:
            raise TasksSpent
        self.count += 1
        await asyncio.sleep(self._step_s)
        return await action() if action is not None else None


class ScheduledFlow:
    """The flow of one shop."""

    def __init__(self, parts: Parts, *, tasks_max: int, step_s: float) -> None:
        self._parts = parts
        self._tasks_max = tasks_max
        self._step_s = step_s
        again = PostgresQueue(parts.pool)
        works, dice = parts.works[WorkType.CHANNEL], parts.dice
        self._again = WorkLoop(WorkType.CHANNEL, again, works, parts.announce, dice, claim_max=1, attempts_max=1)
        self._feeds = [feed_worker(parts, channel, claim_max=1) for channel in parts.channels]
        self._stock = StockPoll(parts)

    async def run_once(self) -> None:
        """One run of the flow."""
        tasks = Tasks(self._tasks_max, self._step_s)
        try:
            await self._finish(tasks)
            await self._take(self._again, tasks)
            for feed in self._feeds:
                await tasks.step()  # the trigger asks for new records, whether there are any or not
                await self._take(feed, tasks)
            await tasks.step(self._stock.read)
            await self._finish(tasks)
        except TasksSpent:
            log.info("tasks_spent", tasks=tasks.count)
        metrics.FLOW_TASKS.observe(tasks.count)

    async def _take(self, records: WorkLoop, tasks: Tasks) -> None:
        for _ in range(limits.FLOW_RECORDS_MAX):
            if not await records.work_once():
                return
            await tasks.step()
            await self._finish(tasks)

    async def _finish(self, tasks: Tasks) -> None:
        """Tells the master what it does not know yet, then the channels."""
        signals, parts = self._parts.signals, self._parts
        while await parts.writer.has_work():
            await tasks.step(parts.writer.write_once)
        while signals.doubt:
            signals.doubt = bool(await tasks.step(parts.reader.read_doubtful))
        for channel in parts.channels.values():
            for _ in range(len(channel.shown.dirty)):
                if await tasks.step(partial(channel.push_once, rows_max=1)):
                    break  # refused; it stays to be pushed by the next run
