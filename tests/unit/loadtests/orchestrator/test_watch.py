"""The end of one of our own parts is raised as its own error, with name, exit code and last log lines."""

from pathlib import Path
from typing import cast

import msgspec
import pytest

from stockstorm.loadtests.backing.cloud.listening import Listeners
from stockstorm.loadtests.backing.postgres import NoDatabase
from stockstorm.loadtests.backing.postgres.connection_watch import ConnectionWatch
from stockstorm.loadtests.orchestrator.watch import Watch, generator_end
from stockstorm.loadtests.processes.registry import Owner, Registry
from stockstorm.simulator.errors import BackingError, InternalError


class Ended(msgspec.Struct):
    """A process that has ended, unless its code is None."""

    group: str
    owner: Owner = "harness"
    exit_code: int | None = -9
    pid: int = 41
    log: Path = Path("log")
    command: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"our {self.group}"

    @property
    def pids(self) -> tuple[int, ...]:
        return (self.pid,)

    def last_lines(self) -> tuple[str, ...]:
        return ("no longer shown", "one", "two", "three", "PANIC: it hurts")


def registry(*processes: Ended) -> Registry:
    made = Registry()
    for pid, process in enumerate(processes, start=1):
        process.pid = pid
        made.enter(process)
    return made


def watching(*processes: Ended) -> Watch:
    return Watch(NoDatabase(), (), lambda _: False, registry(*processes))


@pytest.mark.parametrize("group", ["postgres", "emulator", "publisher"])
def test_the_end_of_a_part_is_named_with_code_and_log(group: str) -> None:
    with pytest.raises(BackingError) as caught:
        watching(Ended("worker", exit_code=None), Ended(group)).check()
    error = caught.value
    assert error.where == f"our {group}"
    assert error.found == (
        "process 2 ended during the run by signal 9 (SIGKILL); its last log lines: one; two; three; PANIC: it hurts"
    )


def test_the_subjects_processes_and_the_generator_are_not_raised() -> None:
    ended = (Ended("worker", "subject"), Ended("emulator", exit_code=None), Ended("generator", exit_code=0))
    watching(*ended).check()
    assert generator_end(registry(*ended)) is not None


class Lost:
    """Stands for the connection of the watch, which was lost."""

    failure = "it did not answer within 10 s"
    forgiven = 0

    def forgive(self) -> None:
        self.forgiven += 1


class Database(NoDatabase):
    url = "postgresql://someone:hush@127.0.0.1:9/shop"

    def __init__(self) -> None:
        self.asked: list[bool] = []

    def check(self, planned: bool) -> None:
        self.asked.append(planned)


@pytest.mark.parametrize("planned", [False, True])
def test_a_lost_database_is_named_without_its_password_unless_a_fault_explains_it(planned: bool) -> None:
    database, lost = Database(), Lost()
    watch = Watch(database, (), lambda target: planned and target == "database", registry())
    watch._connection = cast(ConnectionWatch, lost)
    if planned:
        watch.check()
    else:
        with pytest.raises(BackingError) as caught:
            watch.check()
        assert caught.value.where == "PostgreSQL at 127.0.0.1:9/shop"
        assert caught.value.found == "it did not answer within 10 s, and no fault of the plan explains it"
        assert "hush" not in str(caught.value)
    assert (database.asked, lost.forgiven) == ([planned], int(planned))


def test_an_emulator_that_no_longer_listens_ends_the_run() -> None:
    emulators = Listeners({"PUBSUB_EMULATOR_HOST": "127.0.0.1:9"}, iter((0.0, 5.0, 5.0)).__next__)
    with pytest.raises(BackingError, match=r"emulator at 127\.0\.0\.1:9"):
        Watch(NoDatabase(), (), lambda _: False, registry(), emulators).check()


def test_an_ended_generator_is_a_failure_of_our_own() -> None:
    assert generator_end(registry(Ended("postgres"))) is None
    error = generator_end(registry(Ended("generator")))
    assert isinstance(error, InternalError)
    assert "by signal 9" in str(error)
