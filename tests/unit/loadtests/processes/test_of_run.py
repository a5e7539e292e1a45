"""What is left of a run is found by its folder, and ended."""

import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from stockstorm.loadtests.processes.child import inherited_environment
from stockstorm.loadtests.processes.of_run import RUN_VARIABLE, end_processes_of, environment_of, processes_of


def test_processes_of_a_run_are_found_with_their_children_and_others_are_not(tmp_path: Path) -> None:
    command = ["sh", "-c", "env -i sleep 60 & echo ready; wait"]
    mine, other = ({**os.environ, RUN_VARIABLE: str(tmp_path / run)} for run in ("mine", "other"))
    with (
        subprocess.Popen(command, env=mine, stdout=subprocess.PIPE) as process,
        subprocess.Popen(["sleep", "60"], env=other) as stranger,
    ):
        assert process.stdout is not None
        process.stdout.readline()
        while len(found := {each.name() for each in processes_of(tmp_path / "mine")}) < 2:
            assert process.poll() is None
        assert found == {"sh", "sleep"}
        assert end_processes_of(tmp_path / "mine", 0.0) == ["sh", "sleep"]
        assert process.wait(20) == -signal.SIGKILL
        assert stranger.poll() is None
        stranger.kill()


def test_a_process_that_starts_at_this_moment_is_found(tmp_path: Path) -> None:
    """Its environment is empty until the program is loaded: without a second look, most are missed."""
    for _ in range(20):
        with subprocess.Popen(["sleep", "60"], env={**os.environ, RUN_VARIABLE: str(tmp_path)}) as process:
            process.send_signal(signal.SIGSTOP)
            found = psutil.Process(process.pid)
            assert environment_of(found)[RUN_VARIABLE] == str(tmp_path)
            process.kill()


def test_a_stopped_process_is_ended_too(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"], env={**os.environ, RUN_VARIABLE: str(tmp_path)}) as process:
        process.send_signal(signal.SIGSTOP)
        end_processes_of(tmp_path, 0.0)
        assert process.wait(20) == -signal.SIGKILL


def test_a_subject_gets_the_name_of_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUN_VARIABLE, "/runs/1")
    assert inherited_environment()[RUN_VARIABLE] == "/runs/1"
