"""A scheduled flow as an integration vendor runs it: one step after another, one record at a time, limited tasks.

A run first finishes what the last run left, then reads each marketplace's new orders, then the levels that changed.
Each order is recorded and written to Shopify in its own call, and each changed SKU is pushed to each channel in its own
call. Every step takes the vendor's latency and counts as a task. When the tasks of a run are used up, the rest waits
for the next run. A record that fails is retried once, in the next run, and then becomes a dead letter.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.feeds.polling import StockPoll, order_loop
from stockstorm.reference_service.handlers.work_loop import WorkLoop
from stockstorm.reference_service.queues.postgres import PostgresQueue
from stockstorm.reference_service.wiring import Parts

log = structlog.get_logger()


class TasksUsedUp(Exception):
    """The run has used all its tasks."""


class TaskBudget:
    """The tasks of one run: at most `tasks_max`, each with a latency of `step_s` seconds."""

    def __init__(self, tasks_max: int, step_s: float) -> None:
        self._tasks_max = tasks_max
        self._step_s = step_s
        self.used = 0

    async def step(self, action: Callable[[], Awaitable[object]] | None = None) -> object:
        """Uses one task: waits for the latency, then returns the action's result. Raises TasksUsedUp."""
        if self.used >= self._tasks_max:
            raise TasksUsedUp
        self.used += 1
        await asyncio.sleep(self._step_s)
        return await action() if action is not None else None


class ScheduledFlow:
    """The flow of one shop."""

    def __init__(self, parts: Parts, *, tasks_max: int, step_s: float) -> None:
        self._parts = parts
        self._tasks_max = tasks_max
        self._step_s = step_s
        self._retries = WorkLoop(
            WorkType.CHANNEL,
            PostgresQueue(parts.pool),
            parts.handlers[WorkType.CHANNEL],
            parts.announce,
            parts.rng,
            claim_max=1,
            attempts_max=1,
        )
        self._orders = [order_loop(parts, channel, claim_max=1) for channel in parts.pushers]
        self._stock = StockPoll(parts)

    async def run_once(self) -> None:
        """One run of the flow."""
        budget = TaskBudget(self._tasks_max, self._step_s)
        try:
            await self._write_and_push(budget)
            await self._process(self._retries, budget)
            for orders in self._orders:
                await budget.step()  # the trigger reads new records, even if there are none
                await self._process(orders, budget)
            await budget.step(self._stock.read)
            await self._write_and_push(budget)
        except TasksUsedUp:
            log.info("tasks_used_up", tasks=budget.used)
        metrics.FLOW_TASKS.observe(budget.used)

    async def _process(self, records: WorkLoop, budget: TaskBudget) -> None:
        for _ in range(limits.FLOW_RECORDS_MAX):
            if not await records.work_once():
                return
            await budget.step()
            await self._write_and_push(budget)

    async def _write_and_push(self, budget: TaskBudget) -> None:
        """Writes waiting effects to Shopify, reads doubtful levels, then pushes dirty SKUs."""
        signals, parts = self._parts.signals, self._parts
        while await parts.writer.has_work():
            await budget.step(parts.writer.write_once)
        while signals.reread_requested:
            signals.reread_requested = bool(await budget.step(parts.reader.read_doubtful))
        signals.admin_work.clear()  # nothing else here does, and the probe reports it as pending
        for pusher in parts.pushers.values():
            for _ in range(len(pusher.state.dirty)):
                if await budget.step(partial(pusher.push_once, rows_max=1)):
                    break  # the push failed; the SKU stays dirty for the next run
