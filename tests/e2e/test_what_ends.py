"""What ends while a run goes on: a process of the subject, a database, a disk, your own service. Each is named."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.loadtests.config.own_checks import SECRETS
from stockstorm.loadtests.processes.launch import launched
from stockstorm.loadtests.processes.scratch import FOLDER_VARIABLE
from stockstorm.reports.store import read_history
from stockstorm.simulator.history import facts as f
from tests.running import ROOT
from tests.stored_history import text_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

PATIENCE_S = 90.0
TOKEN = "known to both"
OWN_SERVICE = """
import time
from tests.e2e.test_own_service import Service
service = Service()
print(service.url, service.api_port, flush=True)
time.sleep(600)
"""


class Run:
    """`stockstorm run` as a process, whose runs are in `folder`."""

    def __init__(self, folder: Path, *words: str, **environment: str) -> None:
        command = [sys.executable, "-m", "stockstorm", "run", *words, "--runs", str(folder)]
        self.folder, self.output = folder, folder / "out.log"
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                launched(command), cwd=ROOT, env={**os.environ, **environment}, stdout=out, stderr=out
            )

    def await_load(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        history = self.folder / "latest" / "history.jsonl.zst"
        while not (history.is_file() and '"AttemptEnded"' in text_of(history)):
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.1)

    def processes(self) -> dict[int, list[str]]:
        """Command lines of the processes that the orchestrator started, by id."""
        (orchestrator,) = psutil.Process(self.process.pid).children()
        return {child.pid: child.cmdline() for child in orchestrator.children()}

    def result(self) -> dict[str, Any]:
        self.process.wait(PATIENCE_S)
        found: dict[str, Any] = json.loads((self.folder / "latest" / "result.json").read_text())
        return found

    def printed(self) -> str:
        return self.output.read_text()


Begin = Callable[..., Run]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    runs: list[Run] = []

    def start(*words: str, **environment: str) -> Run:
        runs.append(Run(tmp_path, *words, **environment))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()


def named_by(result: dict[str, Any]) -> str:
    """Why the run is unknown. No check accuses the subject."""
    assert result["verdict"] == "unknown"
    assert not [check["name"] for check in result["checks"] if check["verdict"] == "invalid"]
    assert result["unplanned"] == []
    return str(result["reasons"][0])


def test_a_killed_worker_is_told_before_everything_else_and_costs_nothing(begin: Begin) -> None:
    run = begin("smoke")
    run.await_load()
    started = run.processes()
    (worker,) = (pid for pid, command in started.items() if command[-1] == "worker")
    os.kill(worker, 9)
    result = run.result()
    (told,) = result["unplanned"]
    assert told.startswith("worker ended by signal 9 (SIGKILL) at ")
    assert "nobody planned it; its log ends with: " in told
    verdicts = {check["name"]: check["verdict"] for check in result["checks"]}
    assert (verdicts["nothing_lost"], verdicts["applied_twice"], verdicts["drift"]) == ("valid",) * 3
    first = [line.strip("│ ") for line in run.printed().partition("╭")[2].splitlines() if "│" in line][2]
    assert first.startswith("cause 1: worker ended by signal 9")
    latest = run.folder / "latest"
    assert told[:40] in (latest / "junit.xml").read_text().partition("stockstorm.smoke.checks")[0]
    assert told[:20] in (latest / "summary.md").read_text().partition("| measure")[0]
    assert told[:20] in (latest / "report.html").read_text().partition('class="tiles"')[0]
    seen = {fact.pid for fact in read_history(latest).all(f.ProcessSeen)}
    assert {*started} <= seen, started


def test_a_database_of_the_users_own_that_dies_is_named_and_nobody_accused(begin: Begin) -> None:
    with EmbeddedPostgres() as server:
        run = begin("smoke", "--postgres", server.url.replace("postgres@", "postgres:hush-hush@"))
        run.await_load()
        assert server.part is not None
        server.part.kill()
        reason = named_by(run.result())
    assert run.process.returncode == 2
    assert "the run did not complete: PostgreSQL at " in reason
    assert "the connection to it was lost" in reason
    assert "hush-hush" not in run.printed() + reason


def test_a_full_disk_of_the_database_is_named_with_its_free_space(begin: Begin) -> None:
    disk = Path("/var/tmp/test-disk")  # noqa: S108 - its path has to be short enough for a socket
    disk.mkdir(exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=120m,mode=1777", "tmpfs", disk], check=False)
    if mounted.returncode != 0:
        disk.rmdir()
        pytest.skip("a full disk NOT tested: only root can mount a small one")
    try:
        run = begin("smoke", **{FOLDER_VARIABLE: str(disk)})
        run.await_load()
        subprocess.run(["dd", "if=/dev/zero", f"of={disk}/ballast", "bs=1M"], check=False, stderr=subprocess.DEVNULL)
        reason = named_by(run.result())
        (disk / "ballast").unlink()
        assert run.process.returncode == 2
        assert "embedded PostgreSQL" in reason
        assert "no space left on device" in reason.lower()
        assert f"free in {disk}/stockstorm-pg-" in reason
        assert "its last log: " in reason
        assert [*disk.iterdir()] == []
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
        disk.rmdir()


def test_your_own_service_that_dies_is_told_with_its_time_and_is_judged(begin: Begin) -> None:
    with subprocess.Popen([sys.executable, "-c", OWN_SERVICE], cwd=ROOT, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        url, port = service.stdout.readline().split()
        try:
            run = begin("smoke", "--subject", url, "--api-port", port, **dict.fromkeys(SECRETS.values(), TOKEN))
            run.await_load()
        finally:
            service.kill()
    (told,) = run.result()["unplanned"]
    assert told.startswith("nobody answered at the subject's address from ")
    assert "to the end of the run, and nobody planned it: " in told
