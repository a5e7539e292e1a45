"""The embedded PostgreSQL: nothing of it remains after its run, for every user and every way a run can end."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stockstorm.loadtests.backing.postgres import embedded
from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.loadtests.processes.scratch import disk_folder
from stockstorm.simulator.errors import BackingError

HOLDER = """
import sys, time
from pathlib import Path
from stockstorm.loadtests.backing.postgres import embedded
embedded.disk_folder = lambda: Path(sys.argv[1])
with embedded.EmbeddedPostgres() as database:
    print(database.url, *database.processes(), flush=True)
    time.sleep(60)
"""


def test_it_does_not_run_as_root_and_its_folder_is_closed_to_others() -> None:
    with EmbeddedPostgres() as database:
        folder = Path(database.url.partition("host=")[2])
        assert folder.stat().st_mode & 0o077 == 0
        assert psutil.Process(database.processes()[0]).uids().effective != 0
    assert not folder.exists()


@pytest.fixture
def clusters(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of clusters that no other run of this machine sweeps, with a path short enough for a socket."""
    with tempfile.TemporaryDirectory(dir=disk_folder(), prefix="test-") as name:
        Path(name).chmod(0o755)
        monkeypatch.setattr(embedded, "disk_folder", lambda: Path(name))
        yield Path(name)


def test_it_ends_with_a_killed_run_and_the_next_run_deletes_its_folder(clusters: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(clusters)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        url, *pids = holder.stdout.readline().split()
        folder = Path(url.partition("host=")[2])
        holder.kill()
    assert _gone([int(pid) for pid in pids], within_s=10.0)
    assert folder.exists()
    with EmbeddedPostgres():
        assert not folder.exists()


def test_the_folder_of_a_live_run_is_not_deleted() -> None:
    with EmbeddedPostgres() as first:
        folder = Path(first.url.partition("host=")[2])
        with EmbeddedPostgres():
            assert folder.exists()


def test_the_error_of_a_failed_start_has_the_end_of_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(embedded.SETTINGS, "shared_buffers", "rather_many")
    with pytest.raises(BackingError, match=r"did not start: .*rather_many"), EmbeddedPostgres():
        pass


def test_the_error_for_a_missing_package_has_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(embedded, "PACKAGE", "no_such_package_here")
    with pytest.raises(BackingError, match=r"pip install 'stockstorm\[reference\]'"):
        embedded.find_program(tmp_path)


def test_programs_copied_for_another_user_run(tmp_path: Path) -> None:
    installed = embedded.find_program(tmp_path).folder
    copied = embedded._copied(installed, tmp_path)
    assert copied.is_relative_to(tmp_path)
    done = subprocess.run([copied / "postgres", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("postgres (PostgreSQL)")
    assert all(path.stat().st_mode & 0o004 for path in copied.iterdir())


def _gone(pids: list[int], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not any(psutil.pid_exists(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False
