"""Many kills, each at a random moment of a short run: the generator, the orchestrator, and the main process.

Each run ends with a documented exit code and names the right cause; nothing is left, and what was recorded is readable.
`STOCKSTORM_KILLS=100 STOCKSTORM_KILLS_SEED=7 make proofs ARGS="-n 2 tests/e2e/test_killed_parts.py"` makes it longer.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, Literal

import psutil
import pytest

from stockstorm.loadtests.processes.of_run import processes_of
from stockstorm.loadtests.processes.scratch import OWNER, PREFIX, disk_folder
from stockstorm.reports.file_names import HISTORY
from stockstorm.reports.store import read_history
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.errors import HistoryError
from tests.running import ROOT

Part = Literal["generator", "orchestrator", "main"]

KILLS: Final = int(os.environ.get("STOCKSTORM_KILLS", "3"))
LOG: Final = os.environ.get("STOCKSTORM_KILLS_LOG", "")  # a file for a line about each
SEED: Final = int(os.environ.get("STOCKSTORM_KILLS_SEED", "1"))
WORDS: Final = ("-m", "stockstorm", "run", "smoke", "--seconds", "3", "--runs")
# What a run says when a step of it begins.
STEPS: Final = (
    "starting",
    "starting PostgreSQL",
    "building",
    "starting the subject",
    "load",
    "load",
    "final",
    "judging",
)
LATER_S: Final = 2.0
# Exit codes by the part that was killed: judged before the kill, unknown, or nothing was recorded.
ENDINGS: Final = {
    "generator": (0, 1, 2, 9),
    "orchestrator": (0, 1, 2, 9),
    "main": (0, 1, 2, -9),
}

pytestmark = [pytest.mark.e2e, pytest.mark.prove, pytest.mark.timeout(400)]


@pytest.mark.parametrize("number", range(KILLS))
@pytest.mark.parametrize("part", ["generator", "orchestrator", "main"])
def test_a_kill_at_a_random_moment(part: Part, number: int, tmp_path: Path) -> None:
    dice = random.Random(f"{part} {SEED} {number}")
    ending = _one(part, dice.choice(STEPS), dice.uniform(0.0, LATER_S), tmp_path / "runs")
    assert ending.startswith("exit")
    if LOG:
        with Path(LOG).open("a", encoding="utf-8") as log:
            log.write(f"{part}: {ending}\n")


def _one(part: Part, step: str, later_s: float, runs: Path) -> str:
    """One run with one kill, some time after a step has begun. Returns how it ended."""
    runs.mkdir()
    with (runs / "out.log").open("wb") as out:
        main = subprocess.Popen([sys.executable, *WORDS, str(runs)], cwd=ROOT, stdout=out, stderr=out)
    while main.poll() is None and f"stockstorm: {step}" not in (runs / "out.log").read_text(errors="replace"):
        time.sleep(0.01)
    time.sleep(later_s)
    killed = _kill(main, part, runs / "out.log")
    code = main.wait(300)
    printed = (runs / "out.log").read_text(encoding="utf-8", errors="replace")
    told = f"{part} killed {later_s:.2f} s after {step!r} ({killed}), exit code {code}:\n{printed}"
    assert code in ENDINGS[part], told
    assert "Traceback" not in printed, told
    text = " ".join(printed.replace("│", " ").split())
    if killed and part != "main" and (code == 9 or "the run did not complete" in text):
        assert f"{part}: " in text, told
        assert "signal 9" in text, told
    folder = next((each for each in runs.iterdir() if each.is_dir() and not each.is_symlink()), None)
    _assert_nothing_is_left(folder, told)
    if folder is not None and code in (0, 1, 2, -9):
        _assert_it_reads(folder, told)
    return f"exit {code}, {step}" + ("" if killed else ", ended before")


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
