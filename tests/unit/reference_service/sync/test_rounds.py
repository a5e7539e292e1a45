"""Waiting for a round of work that began after one asked."""

import asyncio

from stockstorm.reference_service.sync.signals import CompletionBarrier


def waiting(rounds: CompletionBarrier, *wanted: str) -> "asyncio.Task[None]":
    return asyncio.create_task(rounds.done(wanted, rounds.begun))


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_nothing_wanted_is_done_at_once() -> None:
    assert asyncio.run(asyncio.wait_for(CompletionBarrier().done([], 0), 1)) is None


def test_a_round_that_had_begun_before_does_not_count() -> None:
    async def play() -> tuple[bool, bool]:
        rounds = CompletionBarrier()
        rounds.begin()
        task = waiting(rounds, "a")
        await settle()
        rounds.end(["a"])
        await settle()
        early = task.done()
        rounds.begin()
        rounds.end(["a"])
        await settle()
        return early, task.done()

    assert asyncio.run(play()) == (False, True)


def test_each_may_be_done_in_another_round_and_a_failed_round_does_nothing() -> None:
    async def play() -> list[bool]:
        rounds = CompletionBarrier()
        task = waiting(rounds, "a", "b")
        seen = []
        for done in ([], ["b"], ["c"], ["a"]):
            rounds.begin()
            rounds.end(done)
            await settle()
            seen.append(task.done())
        return seen

    assert asyncio.run(play()) == [False, False, False, True]
