"""An interrupted run keeps its recorded facts, has the verdict unknown, and leaves no process behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from stockstorm.loadtests.processes.launch import launched
from tests.running import ROOT
from tests.stored_history import facts_of, text_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PATIENCE_S = 100
# One handler takes all three (loadtests/cli/app.py), and test_first_moments.py sends each of them to a run that begins.
SIGNALS = [
    pytest.param(signal.SIGINT, id="SIGINT"),
    *(pytest.param(number, id=number.name, marks=pytest.mark.prove) for number in (signal.SIGTERM, signal.SIGHUP)),
]


def wait_for_load(folder: Path) -> Path:
    """The history, once it holds events."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        history = folder / "latest" / "history.jsonl.zst"
        if history.is_file() and '"EventFired"' in text_of(history):
            return history
        time.sleep(0.2)
    raise AssertionError("the load did not begin")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts a run of a scenario; its output is in out.log. Ends it if the test does not."""
    runs: list[subprocess.Popen[bytes]] = []

    def begin(scenario: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "stockstorm", "run", scenario, "--seed", "2", "--runs", str(tmp_path)]
        with (tmp_path / "out.log").open("wb") as out:
            runs.append(subprocess.Popen(launched(command), cwd=ROOT, env=dict(os.environ), stdout=out, stderr=out))
        return runs[-1]

    yield begin
    for run in runs:
        if run.poll() is None:
            run.kill()
            run.wait()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_a_run_as_unknown_and_loses_nothing_that_was_recorded(
    start: Callable[[str], subprocess.Popen[bytes]], tmp_path: Path, number: signal.Signals
) -> None:
    run = start("flash_sale")
    history = wait_for_load(tmp_path)
    run.send_signal(number)
    output = tmp_path / "out.log"
    assert run.wait(PATIENCE_S) == 2, output.read_text()
    facts = facts_of(history.parent)
    last = facts[-1]
    assert (last["fact"], last["complete"]) == ("RunEnded", False)
    assert "interrupted" in last["reason"]
    assert sum(fact["fact"] == "FinalStock" for fact in facts) == 200
    assert "Traceback" not in output.read_text()
    assert json.loads((tmp_path / "latest" / "result.json").read_text())["verdict"] == "unknown"


def test_a_database_that_dies_makes_a_run_unknown_and_is_named(
    start: Callable[[str], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    run = start("flash_sale")
    wait_for_load(tmp_path)
    servers = [child for child in psutil.Process(run.pid).children(recursive=True) if child.name() == "postgres"]
    (postmaster,) = (server for server in servers if server.ppid() not in [other.pid for other in servers])
    postmaster.kill()
    output = tmp_path / "out.log"
    assert run.wait(PATIENCE_S) == 2, output.read_text()
    result = json.loads((tmp_path / "latest" / "result.json").read_text())
    assert result["verdict"] == "unknown"
    assert "ended during the run by signal 9 (SIGKILL)" in " ".join(result["reasons"])
    assert not [check["name"] for check in result["checks"] if check["verdict"] == "invalid"]
