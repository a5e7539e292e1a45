"""A signal at any moment after the start ends the program without a traceback, and leaves nothing behind."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stockstorm.loadtests.processes.of_run import processes_of
from tests.running import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

# Each signal is met early and late; what handles them is the same for all.
MOMENTS_MS = {signal.SIGINT: (0, 1_600), signal.SIGTERM: (10, 800), signal.SIGHUP: (200,)}


def caught(pid: int) -> bool:
    """Whether the process catches SIGINT."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    mask = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt"))
    return bool(mask & 1 << signal.SIGINT - 1)


def wait_for_our_first_line(run: "subprocess.Popen[str]") -> None:
    """Python catches SIGINT from its own start on, and our first line puts the default back."""
    for wanted in (True, False):
        while caught(run.pid) is not wanted:
            assert run.poll() is None
            time.sleep(0.0005)


@pytest.mark.parametrize("number", MOMENTS_MS, ids=lambda number: number.name)
def test_no_traceback_and_nothing_left(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "stockstorm", "run", "smoke", "--runs", str(tmp_path)]
    for moment_ms in MOMENTS_MS[number]:
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
            wait_for_our_first_line(run)
            time.sleep(moment_ms / 1000)
            run.send_signal(number)
            printed, _ = run.communicate(timeout=60)
        # A signal ends it, or it ends itself with the code that a shell makes of that; 2: the load had begun.
        assert run.returncode in (-number, 128 + number, 2), (moment_ms, printed)
        assert "Traceback" not in printed, moment_ms
    assert [process.name() for folder in tmp_path.iterdir() for process in processes_of(folder)] == []
