"""The dispatcher on the real event loop, in tens of milliseconds."""

import time
from collections.abc import Iterator
from typing import Any

import gevent
import gevent.socket
import pytest

from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.delivery.attempts import Address, Outgoing
from stockstorm.simulator.io.dispatcher import BATCH_MAX, Dispatcher, Work

ADDRESS = Address(host="127.0.0.1", port=1, path="/")


class Pool:
    """A sender that records each attempt and its time."""

    def __init__(self) -> None:
        self.taken: list[tuple[Outgoing, int]] = []

    def submit(self, outgoing: Outgoing) -> None:
        self.taken.append((outgoing, time.monotonic_ns()))


def outgoing(due_ns: int, delivery: int = 1) -> Outgoing:
    return Outgoing(delivery, 1, due_ns, ADDRESS, b"", b"")


@pytest.fixture
def pool() -> Pool:
    return Pool()


@pytest.fixture
def dispatcher(pool: Pool) -> Dispatcher:
    return Dispatcher(time.monotonic_ns, pool)


def noting(done: list[Any], what: object) -> Work:
    """Work that adds one thing to a list."""
    return lambda _: done.append(what)


def run_for(dispatcher: Dispatcher, seconds: float) -> None:
    """Runs the dispatcher in a greenlet for some seconds. Raises its error."""
    running = gevent.spawn(dispatcher.run)
    gevent.sleep(seconds)
    dispatcher.stop()
    running.get(timeout=1)


def test_attempts_reach_the_sender_in_order_of_due_time_and_not_early(dispatcher: Dispatcher, pool: Pool) -> None:
    start = time.monotonic_ns()
    for delivery, after_ms in ((3, 30), (1, 10), (2, 20)):
        due_ns = start + after_ms * MILLISECOND_NS
        dispatcher.at(due_ns, outgoing(due_ns, delivery))
    run_for(dispatcher, 0.05)
    assert [attempt.delivery for attempt, _ in pool.taken] == [1, 2, 3]
    assert all(taken_ns >= attempt.due_ns for attempt, taken_ns in pool.taken)


def test_things_due_at_one_instant_are_done_in_the_order_they_were_scheduled(dispatcher: Dispatcher) -> None:
    done: list[int] = []
    for number in range(100):
        dispatcher.at(5, noting(done, number))
    run_for(dispatcher, 0.02)
    assert done == list(range(100))


def test_planned_work_receives_the_time(dispatcher: Dispatcher) -> None:
    told: list[int] = []
    due_ns = time.monotonic_ns() + 5 * MILLISECOND_NS
    dispatcher.at(due_ns, told.append)
    run_for(dispatcher, 0.02)
    assert due_ns <= told[0] <= time.monotonic_ns()


def test_something_earlier_wakes_a_dispatcher_that_sleeps_for_something_later(dispatcher: Dispatcher) -> None:
    done: list[str] = []
    dispatcher.at(time.monotonic_ns() + 10**12, lambda _: done.append("much later"))
    gevent.spawn_later(0.01, lambda: dispatcher.at(time.monotonic_ns(), lambda _: done.append("now")))
    run_for(dispatcher, 0.03)
    assert done == ["now"]


def test_a_dispatcher_with_nothing_to_do_waits_for_work(dispatcher: Dispatcher) -> None:
    done: list[int] = []
    gevent.spawn_later(0.01, lambda: dispatcher.at(0, done.append))
    run_for(dispatcher, 0.03)
    assert len(done) == 1


def test_a_feed_is_drawn_one_item_ahead_and_merged_with_the_rest(dispatcher: Dispatcher) -> None:
    done: list[str] = []
    drawn: list[int] = []
    start = time.monotonic_ns()

    def items() -> Iterator[tuple[int, Work]]:
        for number in range(3):
            drawn.append(number)
            yield start + (10 + 20 * number) * MILLISECOND_NS, noting(done, f"fed {number}")

    dispatcher.feed(items())
    assert (drawn, len(dispatcher)) == ([0], 1)
    dispatcher.at(start + 20 * MILLISECOND_NS, lambda _: done.append("single"))
    run_for(dispatcher, 0.07)
    assert done == ["fed 0", "single", "fed 1", "fed 2"]
    assert len(dispatcher) == 0


def test_two_feeds_are_merged(dispatcher: Dispatcher) -> None:
    done: list[int] = []

    def every_other(first: int) -> Iterator[tuple[int, Work]]:
        for number in range(first, 20, 2):
            yield number, noting(done, number)

    dispatcher.feed(every_other(0))
    dispatcher.feed(every_other(1))
    run_for(dispatcher, 0.02)
    assert done == list(range(20))


def test_an_overdue_dispatcher_lets_answers_be_read_between_batches(dispatcher: Dispatcher) -> None:
    turns: list[int] = []
    done: list[int] = []
    left, right = gevent.socket.socketpair()

    def reader() -> None:
        right.recv(1)
        turns.append(len(done))

    reading = gevent.spawn(reader)
    gevent.sleep(0)
    for _ in range(10 * BATCH_MAX):
        dispatcher.at(0, done.append)
    left.send(b"x")
    run_for(dispatcher, 0.05)
    reading.get(timeout=1)
    left.close()
    right.close()
    assert turns[0] <= 2 * BATCH_MAX
    assert len(done) == 10 * BATCH_MAX


def test_what_a_planned_call_raises_ends_the_run(dispatcher: Dispatcher) -> None:
    def broken(_: int) -> None:
        raise ValueError("broken plan item")

    dispatcher.at(0, broken)
    with pytest.raises(ValueError, match="broken plan item"):
        dispatcher.run()


def test_fail_ends_the_run_with_its_error(dispatcher: Dispatcher) -> None:
    gevent.spawn_later(0.01, dispatcher.fail, ValueError("disk full"))
    with pytest.raises(ValueError, match="disk full"):
        dispatcher.run()


def test_after_stop_nothing_more_is_done(dispatcher: Dispatcher) -> None:
    done: list[int] = []
    dispatcher.at(0, lambda _: dispatcher.stop())
    dispatcher.at(1, done.append)
    dispatcher.run()
    assert (done, len(dispatcher)) == ([], 1)


def test_a_sleeping_dispatcher_uses_no_processor_time(dispatcher: Dispatcher) -> None:
    dispatcher.at(time.monotonic_ns() + 10**12, lambda _: None)
    before = time.process_time()
    run_for(dispatcher, 0.2)
    assert time.process_time() - before < 0.05
