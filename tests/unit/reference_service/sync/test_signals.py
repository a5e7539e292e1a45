"""CompletionBarrier: waits for a pass that began after the caller asked."""

import asyncio

from stockstorm.reference_service.sync.signals import CompletionBarrier


def waiting(barrier: CompletionBarrier, *items: str) -> "asyncio.Task[None]":
    return asyncio.create_task(barrier.wait_for(items, barrier.begun))


async def let_tasks_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_waiting_for_no_items_returns_at_once() -> None:
    assert asyncio.run(asyncio.wait_for(CompletionBarrier().wait_for([], 0), 1)) is None


def test_a_pass_that_had_already_begun_does_not_count() -> None:
    async def run() -> tuple[bool, bool]:
        barrier = CompletionBarrier()
        barrier.begin()
        task = waiting(barrier, "a")
        await let_tasks_run()
        barrier.end(["a"])
        await let_tasks_run()
        done_early = task.done()
        barrier.begin()
        barrier.end(["a"])
        await let_tasks_run()
        return done_early, task.done()

    assert asyncio.run(run()) == (False, True)


def test_items_may_be_completed_by_different_passes_and_a_failed_pass_completes_none() -> None:
    async def run() -> list[bool]:
        barrier = CompletionBarrier()
        task = waiting(barrier, "a", "b")
        done = []
        for completed in ([], ["b"], ["c"], ["a"]):
            barrier.begin()
            barrier.end(completed)
            await let_tasks_run()
            done.append(task.done())
        return done

    assert asyncio.run(run()) == [False, False, False, True]
