"""Many kills, each at a random moment of a short run: the generator, the orchestrator, and the main process.

Each run ends with a documented exit code and names the right cause; nothing is left, and what was recorded is readable.
`STOCKSTORM_KILLS=100 STOCKSTORM_KILLS_SEED=7 make prove ARGS=tests/e2e/test_killed_parts.py` makes it longer.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Final, Literal

import psutil
import pytest

from stockstorm.loadtests.processes.of_run import processes_of
from stockstorm.loadtests.processes.scratch import OWNER, PREFIX, disk_folder
from stockstorm.reports.store import HISTORY, read_history
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.errors import HistoryError
from tests.running import ROOT

Part = Literal["generator", "orchestrator", "main"]

KILLS: Final = int(os.environ.get("STOCKSTORM_KILLS", "3"))
AT_ONCE: Final = int(os.environ.get("STOCKSTORM_KILLS_AT_ONCE", "2"))  # runs
SEED: Final = int(os.environ.get("STOCKSTORM_KILLS_SEED", "1"))
LATEST_S: Final = 13.0  # the run takes about this long, with its start and its judgement
# Exit codes by the part that was killed: judged before the kill, unknown, or nothing was recorded.
ENDINGS: Final = {
    "generator": (0, 1, 2, 9),
    "orchestrator": (0, 1, 2, 9),
    "main": (0, 1, 2, -9),
}

pytestmark = [pytest.mark.e2e, pytest.mark.prove, pytest.mark.timeout(7_200)]


@pytest.mark.parametrize("part", ["generator", "orchestrator", "main"])
def test_kills_at_random_moments(part: Part, tmp_path: Path) -> None:
    dice = random.Random(f"{part} {SEED}")
    moments_s = [dice.uniform(0.0, LATEST_S) for _ in range(KILLS)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = (tmp_path / str(number) for number in range(KILLS))
        counts = Counter(pool.map(_one, repeat(part), moments_s, runs))
    print(f"{part}: {dict(counts)}", flush=True)
    assert counts.total() == KILLS


def _one(part: Part, moment_s: float, runs: Path) -> str:
    """One run with one kill. Returns how it ended."""
    begun = time.monotonic()
    runs.mkdir()
    words = [sys.executable, "-m", "stockstorm", "run", "smoke", "--seconds", "3", "--runs", str(runs)]
    with (runs / "out.log").open("wb") as out:
        main = subprocess.Popen(words, cwd=ROOT, stdout=out, stderr=out)
    while main.poll() is None and time.monotonic() < begun + moment_s:
        time.sleep(0.01)
    killed = _kill(main, part, runs / "out.log")
    code = main.wait(120)
    printed = (runs / "out.log").read_text(encoding="utf-8", errors="replace")
    told = f"{part} killed at {moment_s:.2f} s ({killed}), exit code {code}:\n{printed}"
    assert code in ENDINGS[part], told
    assert "Traceback" not in printed, told
    if killed and code in (2, 9) and part != "main":
        assert _names(part, " ".join(printed.replace("│", " ").split())), told
    folder = next((each for each in runs.iterdir() if each.is_dir() and not each.is_symlink()), None)
    _assert_nothing_is_left(folder, told)
    if folder is not None and code in (0, 1, 2, -9):
        _assert_it_reads(folder, told)
    return f"exit {code}" + ("" if killed else ", ended before")


def _kill(main: "subprocess.Popen[bytes]", part: Part, out: Path) -> bool:
    """Kills the part, if it lives. A part that has not been started yet is waited for."""
    while main.poll() is None:
        try:
            process = _find(psutil.Process(main.pid), part)
            if process is not None:
                process.kill()
                return True
            if "stockstorm: judging" in out.read_text(errors="replace"):
                return False
        except psutil.Error:
            continue
        time.sleep(0.01)
    return False


def _find(main: psutil.Process, part: Part) -> psutil.Process | None:
    if part == "main":
        return main
    module = {"generator": "locust", "orchestrator": "stockstorm.loadtests.orchestrator.process"}[part]
    return next((child for child in main.children(recursive=True) if module in child.cmdline()), None)


def _names(part: Part, printed: str) -> bool:
    """Whether the cause that is told is the part that was killed."""
    return f"{part}: " in printed and "signal 9" in printed


def _assert_nothing_is_left(folder: Path | None, told: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        processes = [each.name() for each in processes_of(folder)] if folder is not None else []
        folders = [each for each in _scratch() if _owner_ended(each)]
        if not processes and not folders:
            return
        time.sleep(0.2)
    raise AssertionError(f"left: {processes}, {folders}; {told}")


def _scratch() -> list[Path]:
    return [each for parent in {disk_folder(), Path(tempfile.gettempdir())} for each in parent.glob(f"{PREFIX}*-*")]


def _owner_ended(folder: Path) -> bool:
    """Whether it belongs to a process of ours that has ended. Other runs of this machine have their own."""
    try:
        return not psutil.pid_exists(int((folder / OWNER).read_text().split()[0]))
    except (OSError, ValueError, IndexError):
        return False


def _assert_it_reads(folder: Path, told: str) -> None:
    """What `stockstorm check --unsealed` does."""
    try:
        judge(read_history(folder / HISTORY, unsealed=True))
    except HistoryError as error:
        if (folder / HISTORY).exists() and "this run never began" not in str(error):
            raise AssertionError(told) from error
