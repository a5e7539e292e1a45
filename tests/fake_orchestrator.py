"""Stands for the process of the orchestrator: `python -m tests.fake_orchestrator SPEC` does what FAKE names."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final, NoReturn

from stockstorm.loadtests.ipc.messages import Finished, Step
from stockstorm.loadtests.ipc.pipe import SUPERVISOR_FD_VARIABLE, Pipe
from stockstorm.loadtests.orchestrator.ending import INTERRUPTED
from stockstorm.loadtests.processes import stacks
from stockstorm.loadtests.processes.signals import heed

FAKE: Final = "STOCKSTORM_TEST_FAKE"


def finishes(pipe: Pipe) -> None:
    pipe.send(Finished(complete=True))


def says_and_finishes(pipe: Pipe) -> None:
    pipe.send(Step("waiting"))
    pipe.send(Finished(complete=True))


def exits(_: Pipe) -> NoReturn:
    sys.exit(3)


def is_killed(_: Pipe) -> None:
    subprocess.Popen(["sleep", "600"])
    os.kill(os.getpid(), signal.SIGKILL)


def holds_the_lock(pipe: Pipe) -> None:
    """PyDLL does not release the interpreter lock."""
    pipe.send(Step("waiting"))
    while True:
        ctypes.PyDLL(None).sleep(600)


def talks_for_ever(pipe: Pipe) -> NoReturn:
    while True:
        pipe.send(Step("waiting"))
        time.sleep(0.05)


def is_interrupted(pipe: Pipe) -> None:
    try:
        pipe.send(Step("waiting"))
        time.sleep(600)
    except KeyboardInterrupt:
        pipe.send(Finished(complete=False, reason=INTERRUPTED))


def ignores_interruptions(pipe: Pipe) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe.send(Step("waiting"))
    while True:
        time.sleep(600)


FAKES: Final[dict[str, Callable[[Pipe], None]]] = {
    fake.__name__: fake
    for fake in (
        finishes,
        says_and_finishes,
        exits,
        is_killed,
        holds_the_lock,
        talks_for_ever,
        is_interrupted,
        ignores_interruptions,
    )
}

if __name__ == "__main__":
    stacks.register()
    heed()
    end = Pipe.from_environment(SUPERVISOR_FD_VARIABLE)
    assert end is not None
    FAKES[os.environ[FAKE]](end)
