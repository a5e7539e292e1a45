"""A part of a run that hangs or is killed: the run ends as unknown, says why, and leaves nothing behind."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import psutil
import pytest

from stockstorm.loadtests.backing.postgres import choose_backing
from stockstorm.loadtests.backing.postgres.server import databases
from stockstorm.loadtests.processes.launch import launched
from stockstorm.loadtests.processes.of_run import processes_of
from stockstorm.reports.file_names import HISTORY
from tests.running import ROOT, run_module
from tests.stored_history import text_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

Part = Literal["orchestrator", "generator", "main"]
# The bound on silence is for slow machines. A test does not wait for it, once a part hangs.
MAIN = """
import sys
from pathlib import Path
from stockstorm.loadtests.orchestrator import supervisor

class Limits:
    total_s = 1e9
    @property
    def silent_s(self):
        return 3.0 if Path(sys.argv[-1], "hangs").exists() else 1e9

supervisor.limits_of = lambda spec: Limits()
from stockstorm.loadtests.cli.app import main
main()
"""


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts a command line and waits until the load has begun; its output is in out.log."""
    begun: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> subprocess.Popen[bytes]:
        out = tmp_path / "out.log"
        with out.open("wb") as file:
            command = launched([sys.executable, "-c", MAIN, *words, "--runs", str(tmp_path)])
            begun.append(subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=file))
        while not any('"RunStarted"' in text_of(history) for history in tmp_path.rglob(HISTORY)):
            assert begun[-1].poll() is None, out.read_text()
            time.sleep(0.1)
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.wait()


def find(main: subprocess.Popen[bytes], part: Part) -> psutil.Process:
    if part == "main":
        return psutil.Process(main.pid)
    (orchestrator,) = psutil.Process(main.pid).children()
    if part == "orchestrator":
        return orchestrator
    (generator,) = (child for child in orchestrator.children() if "locust" in child.cmdline())
    return generator


@pytest.mark.parametrize("part", ["orchestrator", "generator"])
def test_a_part_that_hangs_ends_the_run_as_unknown_with_the_stacks_of_both(
    begin: Callable[..., subprocess.Popen[bytes]], tmp_path: Path, part: Part
) -> None:
    run = begin("run", "smoke", "--seconds", "60")
    find(run, part).send_signal(signal.SIGSTOP)
    (tmp_path / "hangs").touch()
    output = tmp_path / "out.log"
    assert run.wait(90) == 2, output.read_text()
    folder = (tmp_path / "latest").resolve()
    result = json.loads((folder / "result.json").read_text())
    assert result["verdict"] == "unknown"
    assert "it gave no sign for 3 s" in result["reasons"][0]
    assert f"read {folder}/stacks.txt" in result["reasons"][0]
    stacks = (folder / "stacks.txt").read_text()
    assert "(stopped)" in stacks.partition(f"== {part}")[2]
    assert stacks.count("(most recent call first)") >= 2
    assert processes_of(folder) == []


def test_a_killed_main_process_leaves_a_sealed_history_and_nothing_else(
    begin: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    run = begin("run", "smoke")
    folder = (tmp_path / "latest").resolve()
    run.kill()
    deadline = time.monotonic() + 60
    while processes_of(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_of(folder) == []
    done = run_module("stockstorm", ["check", str(folder)], {})
    assert done.returncode == 2, done.stderr
    assert "the run did not complete: interrupted" in done.stdout


def test_a_killed_orchestrator_leaves_no_database_on_a_server_of_ones_own(
    begin: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    with choose_backing("embedded", "server") as server:
        run = begin("run", "smoke", "--postgres", server.url)
        assert [name for name in databases(server.url) if name.startswith("stockstorm_")]
        find(run, "orchestrator").kill()
        output = tmp_path / "out.log"
        assert run.wait(90) == 2, output.read_text()
        assert not [name for name in databases(server.url) if name.startswith("stockstorm_")]
    assert "orchestrator: it ended by signal 9" in " ".join(output.read_text().split())


def test_a_run_that_is_killed_does_not_stop_its_comparison(
    begin: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    compare = begin("compare", "smoke", "--subjects", "webhook,polling", "--seeds", "1")
    find(compare, "orchestrator").kill()
    output = tmp_path / "out.log"
    compare.wait(250)
    (file,) = tmp_path.glob("compare-*/comparison.json")
    cells = json.loads(file.read_text())["state"]["cells"]
    assert [cell["status"] for cell in cells] == ["failed", "done"], output.read_text()
    assert "orchestrator: it ended by signal 9" in cells[0]["error"]
    assert file.with_name("comparison.html").exists()
