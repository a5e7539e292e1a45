"""The watch of a database notices that its server died, hangs or was restarted, and forgives what was planned."""

import os
import signal
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from stockstorm.loadtests.backing.postgres.connection_watch import ConnectionWatch
from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.loadtests.backing.postgres.server import database_work
from stockstorm.loadtests.backing.postgres.server_process import PostgresServer

PATIENCE_S = 30.0


@pytest.fixture
def database() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as server:
        yield server


@pytest.fixture
def watch(database: EmbeddedPostgres) -> Iterator[ConnectionWatch]:
    made = ConnectionWatch(database.url, every_s=0.1, within_s=2.0)
    made.start()
    assert made.ask(PATIENCE_S) == ""
    yield made
    made.stop()
    assert not made._thread.is_alive()


def server_of(database: EmbeddedPostgres) -> PostgresServer:
    assert isinstance(database.part, PostgresServer)
    return database.part


def wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_its_questions_are_few_transactions(database: EmbeddedPostgres, watch: ConnectionWatch) -> None:
    before = database_work(database.url)
    asked = watch._answers
    assert wait_for(lambda: watch._answers > asked + 20)
    after = database_work(database.url)
    assert before is not None
    assert after is not None
    assert after.transactions - before.transactions < 10  # those of the two reads themselves


def test_a_killed_backend_or_server_is_a_lost_connection(database: EmbeddedPostgres, watch: ConnectionWatch) -> None:
    os.kill(server_of(database).child.pid, signal.SIGQUIT)
    assert wait_for(lambda: bool(watch.failure))
    assert "the connection to it was lost" in watch.failure


def test_a_server_that_hangs_does_not_answer(database: EmbeddedPostgres, watch: ConnectionWatch) -> None:
    pids = database.processes()
    for pid in pids:
        psutil.Process(pid).suspend()
    try:
        assert wait_for(lambda: bool(watch.failure))
        assert watch.failure == "it did not answer within 2 s"
    finally:
        for pid in reversed(pids):
            psutil.Process(pid).resume()


def test_a_planned_restart_between_two_questions_is_forgiven_and_a_later_one_is_not(
    database: EmbeddedPostgres, watch: ConnectionWatch
) -> None:
    server = server_of(database)
    server.kill()
    server.start()
    assert wait_for(server.ready)
    watch.forgive()
    assert watch.ask(PATIENCE_S) == ""
    server.kill()
    assert wait_for(lambda: bool(watch.failure))
