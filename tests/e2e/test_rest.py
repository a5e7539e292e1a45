"""A worker that somebody stops during the load: what it has pending is not counted as wrong."""

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

from stockstorm.reports.file_names import HISTORY
from tests.running import ROOT, SHORT
from tests.stored_history import facts_of, text_of
from tests.verdicts import wrong_apart_from_speed

pytestmark = pytest.mark.e2e
WITHIN_S = 100
EVENTS = 40  # that were fired when it is stopped, of some 150
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
def running(file: Path, runs: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "stockstorm", "run", str(file), "--seconds", SHORT, "--runs", str(runs)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        try:
            yield run
        finally:
            run.terminate()


def await_facts(run: subprocess.Popen[bytes], runs: Path, kind: str, count: int = 1) -> None:
    """Waits until the history has so many facts of a kind: how far a run is, whatever the machine's speed."""
    history = runs / "latest" / HISTORY
    while not history.is_file() or text_of(history).count(f'"{kind}"') < count:
        assert run.poll() is None, "the run has ended"
        time.sleep(0.05)


def stop_the_worker(run: subprocess.Popen[bytes], runs: Path) -> int:
    """Its process id. It is stopped while events are fired, so it leaves work."""
    await_facts(run, runs, "EventFired", EVENTS)
    (worker,) = (
        child.pid
        for child in psutil.Process(run.pid).children(recursive=True)
        if child.cmdline()[-2:] == ["stockstorm.reference_service", "worker"]
    )
    os.kill(worker, signal.SIGSTOP)
    return worker


def judged(runs: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The result, and the end of the wait for rest."""
    (rest,) = (fact for fact in facts_of(runs / "latest") if fact["fact"] == "QuietReached")
    return json.loads((runs / "latest" / "result.json").read_text()), rest


def test_a_worker_that_continues_is_waited_for(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    with running(scenario(tmp_path, max_s=40.0), runs) as run:
        worker = stop_the_worker(run, runs)
        await_facts(run, runs, "LoadStopped")
        time.sleep(10 * QUIET_S)
        os.kill(worker, signal.SIGCONT)
        run.communicate(timeout=WITHIN_S)
    result, rest = judged(runs)
    assert wrong_apart_from_speed(result) == {}
    assert (rest["by"], rest["quiet"]) == ("probe", True)
    assert result["rest"].startswith("by probe, two reads")


def test_a_worker_that_never_continues_leaves_the_verdict_unknown(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    with running(scenario(tmp_path, max_s=3.0), runs) as run:
        stop_the_worker(run, runs)
        run.communicate(timeout=WITHIN_S)
    result, rest = judged(runs)
    assert result["verdict"] == "unknown", result["reasons"]
    assert (rest["quiet"], rest["silent"]) == (False, ["worker"])
    assert rest["probe"] > 0
    assert f"{rest['probe']:,} pending by probe" in result["rest"]
    assert any("worker did not answer" in reason for reason in result["reasons"])
