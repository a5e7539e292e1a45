"""An interrupted run keeps its recorded facts, has the verdict unknown, and leaves no process behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stockstorm.loadtests.processes.launch import launched
from tests.running import ROOT
from tests.stored_history import text_of

pytestmark = pytest.mark.e2e


def wait_for_load(folder: Path) -> Path:
    """The history, once it holds events."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        history = folder / "latest" / "history.jsonl.zst"
        if history.is_file() and '"EventFired"' in text_of(history):
            return history
        time.sleep(0.2)
    raise AssertionError("the load did not begin")


def test_an_interrupted_run_is_unknown_and_loses_nothing_that_was_recorded(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "stockstorm",
        "run",
        "flash_sale",
        "--seed",
        "2",
        "--runs",
        str(tmp_path),
    ]
    with (tmp_path / "out.log").open("wb") as out:
        run = subprocess.Popen(
            launched(command),
            cwd=ROOT,
            env=dict(os.environ),
            stdout=out,
            stderr=out,
        )
    history = wait_for_load(tmp_path)
    run.send_signal(signal.SIGINT)
    output = tmp_path / "out.log"
    assert run.wait(60) == 2, output.read_text()
    facts = [json.loads(line) for line in text_of(history).splitlines()]
    last = facts[-1]
    assert (last["fact"], last["complete"]) == ("RunEnded", False)
    assert "interrupted" in last["reason"]
    assert sum(fact["fact"] == "FinalStock" for fact in facts) == 200
    assert "Traceback" not in output.read_text()
    assert json.loads((tmp_path / "latest" / "result.json").read_text())["verdict"] == "unknown"
