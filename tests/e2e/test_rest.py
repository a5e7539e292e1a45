"""A worker that somebody stops near the end of the load: what it has pending is not counted as wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.running import ROOT, is_valid_unless_late
from tests.stored_history import facts_of

pytestmark = pytest.mark.e2e
WITHIN_S = 100
STOP_AFTER_S = 4.5  # from the announcement of the load of five seconds, which begins half a second later
QUIET_S = 0.3


def scenario(folder: Path, max_s: float) -> Path:
    """`smoke` with a short quiet time, and no demand on latency."""
    text = (ROOT / "scenarios" / "smoke.toml").read_text()
    text = "\n".join(line for line in text.splitlines() if not line.startswith(('"sync_latency', '"ack_time')))
    text = text.replace("quiet_s = 1.0", f"quiet_s = {QUIET_S}").replace("max_s = 15.0", f"max_s = {max_s}")
    file = folder / "stopped.toml"
    file.write_text(text)
    return file


@contextmanager
def running(file: Path, runs: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "stockstorm", "run", str(file), "--runs", str(runs)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        try:
            yield run
        finally:
            run.terminate()


def worker_near_the_end(run: subprocess.Popen[str]) -> int:
    """The worker's process id, when the load is about to end."""
    assert run.stdout is not None
    assert any(line.strip() == "stockstorm: load" for line in run.stdout), "the run ended before its load"
    time.sleep(STOP_AFTER_S)
    (worker,) = (
        child.pid
        for child in psutil.Process(run.pid).children(recursive=True)
        if child.cmdline()[-2:] == ["stockstorm.reference_service", "worker"]
    )
    return worker


def judged(runs: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The result, and the end of the wait for rest."""
    (rest,) = (fact for fact in facts_of(runs / "latest") if fact["fact"] == "QuietReached")
    return json.loads((runs / "latest" / "result.json").read_text()), rest


def test_a_worker_that_continues_is_waited_for(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    with running(scenario(tmp_path, max_s=40.0), runs) as run:
        worker = worker_near_the_end(run)
        os.kill(worker, signal.SIGSTOP)
        time.sleep(10 * QUIET_S)
        os.kill(worker, signal.SIGCONT)
        run.communicate(timeout=WITHIN_S)
    result, rest = judged(runs)
    assert is_valid_unless_late(result), result["reasons"]
    assert (rest["by"], rest["quiet"]) == ("probe", True)
    assert result["rest"].startswith("by probe, two reads")


def test_a_worker_that_never_continues_leaves_the_verdict_unknown(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    with running(scenario(tmp_path, max_s=3.0), runs) as run:
        os.kill(worker_near_the_end(run), signal.SIGSTOP)
        run.communicate(timeout=WITHIN_S)
    result, rest = judged(runs)
    assert result["verdict"] == "unknown", result["reasons"]
    assert (rest["quiet"], rest["silent"]) == (False, ["worker"])
    assert rest["probe"] > 0
    assert f"{rest['probe']:,} pending by probe" in result["rest"]
    assert any("worker did not answer" in reason for reason in result["reasons"])
