"""A folder outlives its owner only until the next sweep, and nobody else's folder is touched."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stockstorm.loadtests.processes.scratch import OWNER, make_scratch, scratch, sweep
from tests.running import ROOT

MAKES_ONE = """
import sys
from pathlib import Path
from stockstorm.loadtests.processes.scratch import make_scratch
print(make_scratch("pg", Path(sys.argv[1])))
"""


def abandoned(parent: Path) -> Path:
    """The folder of a process that has ended without deleting it."""
    command = [sys.executable, "-c", MAKES_ONE, str(parent)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    return Path(done.stdout.strip())


def test_the_folder_of_a_process_that_ended_is_deleted_with_what_is_in_it(tmp_path: Path) -> None:
    folder = abandoned(tmp_path)
    (folder / "data").mkdir()
    (folder / "data" / "file").write_text("x")
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_our_own_folder_stays(tmp_path: Path) -> None:
    folder = make_scratch("cloud", tmp_path)
    sweep(tmp_path)
    assert folder.is_dir()


def test_a_process_that_still_works_in_it_is_ended(tmp_path: Path) -> None:
    folder = abandoned(tmp_path)
    with subprocess.Popen(["sleep", "60"], cwd=folder) as left:
        sweep(tmp_path)
        assert left.wait(20) == -9


@pytest.mark.parametrize("owner", ["", "17", "1 2 3 4", "one two three", "1 0 99"])
def test_a_folder_whose_owner_cannot_be_told_stays(tmp_path: Path, owner: str) -> None:
    folder = tmp_path / "stockstorm-pg-x"
    folder.mkdir()
    (folder / "owner").write_text(owner)
    sweep(tmp_path)
    assert folder.is_dir()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    folder = abandoned(tmp_path)
    goal = tmp_path / "goal"
    folder.rename(goal)
    (tmp_path / "stockstorm-pg-link").symlink_to(goal)
    sweep(tmp_path)
    assert goal.is_dir()


def test_a_later_process_with_the_same_id_is_another_owner(tmp_path: Path) -> None:
    folder = make_scratch("pg", tmp_path)
    pid, namespace, _ = (folder / "owner").read_text().split()
    (folder / "owner").write_text(f"{pid} {namespace} 1")
    sweep(tmp_path)
    assert not folder.exists()


def test_a_folder_for_a_while_names_its_owner_and_is_deleted() -> None:
    with scratch("pubsub") as folder:
        assert (folder / OWNER).read_text().split()[0] == str(os.getpid())
        (folder / "journal").write_text("x")
    assert not folder.exists()
