"""The processes of one run, also when the process that started them is gone.

Each process of a run has the run's folder in its environment.
"""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

RUN_VARIABLE: Final = "STOCKSTORM_RUN_FOLDER"
KILLED_WITHIN_S: Final = 10.0
POLL_S: Final = 0.1
LOADED_WITHIN_S: Final = 2.0
STARTING_POLL_S: Final = 0.005


def processes_of(folder: Path) -> list[psutil.Process]:
    """The living processes of the run in this folder, with their descendants."""
    found: dict[int, psutil.Process] = {}
    for pid in psutil.pids():
        with suppress(psutil.Error, OSError):
            process = psutil.Process(pid)
            if environment_of(process).get(RUN_VARIABLE) == str(folder):
                for each in (process, *process.children(recursive=True)):
                    found[each.pid] = each
    found.pop(os.getpid(), None)
    return [process for process in found.values() if _lives(process)]


def environment_of(process: psutil.Process) -> dict[str, str]:
    """The environment of a process. The system shows none while a process loads its program: it is asked again then."""
    end_s = time.monotonic() + LOADED_WITHIN_S  # the wall clock, by which its age is told, may be set meanwhile
    while not (found := dict(process.environ())) and time.time() - process.create_time() < LOADED_WITHIN_S:
        if time.monotonic() > end_s:
            break
        time.sleep(STARTING_POLL_S)
    return found


def end_processes_of(folder: Path, patience_s: float) -> list[str]:
    """Waits until the processes of the run have ended, and kills what is left. Returns the names of what it killed."""
    left = _wait(processes_of(folder), patience_s)
    left = list({process.pid: process for process in (*left, *processes_of(folder))}.values())
    names = []
    for process in left:
        with suppress(psutil.Error):
            names.append(process.name())
            process.kill()  # reaches a stopped process too
    _wait(left, KILLED_WITHIN_S)
    return sorted(names)


def _wait(processes: list[psutil.Process], patience_s: float) -> list[psutil.Process]:
    """The processes that live after this time."""
    deadline = time.monotonic() + patience_s
    while (left := [process for process in processes if _lives(process)]) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return left


def _lives(process: psutil.Process) -> bool:
    """Whether it runs. One that ended and that its parent has not asked for does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
