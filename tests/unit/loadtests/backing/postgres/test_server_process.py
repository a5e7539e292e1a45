"""The embedded database under faults: what was committed survives a crash, and a pause stops all of its processes."""

import asyncio
import time
from collections.abc import Iterator

import asyncpg
import psutil
import pytest

from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.loadtests.processes.part import Part


@pytest.fixture(scope="module")
def database() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as made:
        yield made


def execute(url: str, statement: str) -> list[object]:
    async def run() -> list[object]:
        connection = await asyncpg.connect(url, timeout=5)
        try:
            return [row[0] for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    return asyncio.run(run())


def part_of(database: EmbeddedPostgres) -> Part:
    assert database.part is not None
    return database.part


def wait_until_ready(part: Part) -> None:
    while not part.ready():
        pass


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_what_was_committed_is_there_after_a_new_start_at_the_same_address(
    database: EmbeddedPostgres, how: str
) -> None:
    part, url = part_of(database), database.url
    execute(url, "CREATE TABLE IF NOT EXISTS kept AS SELECT 7 AS n")
    old = {*database.processes()}
    getattr(part, how)()
    assert database.processes() == []
    assert not any(psutil.pid_exists(pid) for pid in old)
    assert not part.ready()
    part.start()
    wait_until_ready(part)
    assert execute(url, "SELECT n FROM kept") == [7]
    database.check(planned=False)


def test_a_pause_stops_postmaster_and_children_until_it_ends(database: EmbeddedPostgres) -> None:
    part = part_of(database)
    part.pause()
    # A signal takes effect soon after it was sent. A child that was just ending stays a zombie: its stopped parent
    # does not collect it.
    while not {psutil.Process(pid).status() for pid in database.processes()} <= {
        psutil.STATUS_STOPPED,
        psutil.STATUS_ZOMBIE,
    }:
        time.sleep(0.01)
    assert not part.ready()
    part.resume()
    wait_until_ready(part)
    assert execute(database.url, "SELECT 1") == [1]


def test_a_paused_database_can_be_killed(database: EmbeddedPostgres) -> None:
    part = part_of(database)
    part.pause()
    part.kill()
    assert database.processes() == []
    part.resume()
    part.start()
    wait_until_ready(part)
