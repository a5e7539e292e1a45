"""The stacks of a process come from outside, whatever it does, and without its help."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stockstorm.loadtests.processes.stacks import Suspect, collect
from tests.running import ROOT

# PyDLL does not release the interpreter lock, so no Python code of that process runs again.
HOLDS_THE_LOCK = """
import ctypes, sys, threading
from stockstorm.loadtests.processes import stacks
def hangs_here():
    print("ready", flush=True)
    ctypes.PyDLL(None).sleep(600)
def waits_there(): threading.Event().wait()
stacks.register()
threading.Thread(target=waits_there, daemon=True).start()
hangs_here()
"""


@pytest.fixture
def hung(tmp_path: Path) -> Iterator[Suspect]:
    with (tmp_path / "log").open("wb") as log:
        command = [sys.executable, "-c", HOLDS_THE_LOCK]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log)
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        yield Suspect("generator", process.pid, tmp_path / "log")
        process.kill()


def test_the_stacks_of_all_threads_of_a_process_that_holds_the_interpreter_lock(hung: Suspect, tmp_path: Path) -> None:
    text = collect([hung], tmp_path / "stacks.txt").read_text()
    assert f"== generator, process {hung.pid}" in text
    assert "in hangs_here" in text
    assert "in waits_there" in text


def test_a_stopped_process_says_where_it_was_stopped(hung: Suspect, tmp_path: Path) -> None:
    os.kill(hung.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, hung.pid, os.WSTOPPED)
    text = collect([hung], tmp_path / "stacks.txt").read_text()
    assert "T (stopped)" in text
    assert "in hangs_here" in text


def test_a_process_that_has_not_registered_is_not_ended_by_the_question(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        text = collect([Suspect("other", process.pid, None)], tmp_path / "stacks.txt").read_text()
        assert "it does not answer" in text
        assert process.poll() is None
        process.kill()


def test_the_file_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "goal").write_text("mine")
    (tmp_path / "stacks.txt").symlink_to(tmp_path / "goal")
    with pytest.raises(OSError, match="symbolic links"):
        collect([], tmp_path / "stacks.txt")
    assert (tmp_path / "goal").read_text() == "mine"
