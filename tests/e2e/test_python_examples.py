"""The examples of docs/examples in Python, each started by its own subject file, as its page tells.

Their packages are in the environment of Shopify's libraries, which `make test` makes. Where that failed, the tests are
skipped. The page of the Flask example has a diff for each of its mistakes: applied to a copy, they must make it sound.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stockstorm.loadtests.cli.app import app
from stockstorm.loadtests.invocation import exit_code_of, invoke
from tests.running import ROOT
from tests.verdicts import causes, is_valid_unless_late, wrong_apart_from_speed

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

EXAMPLES = ROOT / "docs" / "examples"
FLASK_PAGE = ROOT / "docs" / "flask.md"
RUNTIME = ROOT / ".venv" / "shopify"
MISTAKES = {  # the name of the diagnosis: what its cause says
    "catalogue_cut": "it does not read on",
    "forgeries": "in another spelling than the signed one",
    "lost_updates": "erased a change that came between read and write",
    "applied_twice": "delivered again under a new webhook id",
}
Play = Callable[..., dict[str, Any]]  # folder of the service, scenario, seed


@pytest.fixture
def play(tmp_path: Path, stockstorm: Any) -> Play:
    """Runs a scenario, else the one that `init` writes, against the service of a folder. Gives the result."""
    for package in ("fastapi", "flask", "shopify"):
        if not list(RUNTIME.glob(f"lib/*/site-packages/{package}")):
            pytest.skip(f"make test installs what the examples need; it could not install {package}")
    assert exit_code_of(lambda: invoke(app, ["init", "--yes", "--folder", str(tmp_path / "first")])) == 0
    path = os.pathsep.join((str(RUNTIME / "bin"), os.environ["PATH"]))

    def run(folder: Path, scenario: str = "", seed: int = 1) -> dict[str, Any]:
        words = ["run", scenario or tmp_path / "first" / "first.toml", "--subject", folder / "subject.toml"]
        done = stockstorm(*words, "--seed", f"{seed}", "--runs", tmp_path / "runs", PATH=path)
        assert done.returncode < 3, done.stdout + done.stderr
        result: dict[str, Any] = json.loads((tmp_path / "runs" / "latest" / "result.json").read_text())
        return result

    return run


def diffs() -> list[str]:
    """Those of the page, in its order."""
    return re.findall(r"^```diff\n(.*?)^```$", FLASK_PAGE.read_text(), re.DOTALL | re.MULTILINE)


def mended(folder: Path) -> Path:
    """A copy of the Flask example, with every diff of its page applied."""
    shutil.copytree(EXAMPLES / "flask", folder, ignore=shutil.ignore_patterns("__pycache__"))
    for diff in diffs():
        words = ["git", "apply", "--whitespace=nowarn", "-"]
        outside = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
        done = subprocess.run(words, input=diff, cwd=folder, capture_output=True, text=True, env=outside, check=False)
        assert done.returncode == 0, done.stderr + diff
    return folder


def test_the_page_has_a_diff_for_each_mistake(tmp_path: Path) -> None:
    before = {path.name: path.read_text() for path in (EXAMPLES / "flask").glob("*.py")}
    after = {path.name: path.read_text() for path in mended(tmp_path / "flask").glob("*.py")}
    assert len(diffs()) == len(MISTAKES)
    assert {name for name in before if before[name] != after[name]} == {"app.py", "shop.py", "sync.py"}


def test_the_fastapi_example_is_valid(play: Play) -> None:
    result = play(EXAMPLES / "fastapi", "smoke")
    assert wrong_apart_from_speed(result) == {}


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("scenario", ["", "smoke", "proof"])
@pytest.mark.parametrize("example", ["fastapi", "flask"])
def test_a_sound_example_is_valid_over_seeds(
    example: str, scenario: str, seed: int, play: Play, tmp_path: Path
) -> None:
    folder = mended(tmp_path / "flask") if example == "flask" else EXAMPLES / example
    result = play(folder, scenario, seed)
    assert is_valid_unless_late(result), result["reasons"]
    assert result["diagnoses"] == []


def test_each_mistake_of_the_flask_example_is_named_and_nothing_else(play: Play) -> None:
    result = play(EXAMPLES / "flask")
    found = causes(result)
    assert result["verdict"] == "invalid"
    assert set(found) == set(MISTAKES), found
    assert not [name for name, said in MISTAKES.items() if said not in found[name]], found


def test_the_flask_example_with_the_diffs_of_its_page_is_valid(play: Play, tmp_path: Path) -> None:
    result = play(mended(tmp_path / "flask"))
    assert wrong_apart_from_speed(result) == {}


@pytest.mark.prove
@pytest.mark.parametrize("seed", [1, 2])
def test_a_service_of_one_process_survives_kills_of_receiver_and_worker(seed: int, play: Play, tmp_path: Path) -> None:
    """It is right. It is too slow as well, since it makes one call for each order, and the shop answers late there."""
    result = play(mended(tmp_path / "flask"), "crash_windows", seed)
    checks = {check["name"]: check for check in result["checks"]}
    right = ("stability", "nothing_lost", "applied_twice", "drift", "stale_overwrite", "faults_met")
    assert [checks[name]["verdict"] for name in right] == ["valid"] * len(right), result["reasons"]
    assert all(checks["faults_met"]["exposure"].values()), checks["faults_met"]["exposure"]
    assert any("these faults hit all of it: kill_worker" in note for note in result["notes"]), result["notes"]


@pytest.mark.prove
def test_one_whose_events_leave_the_queue_before_the_work_is_named(play: Play, tmp_path: Path) -> None:
    """A write that a kill left without its answer is never sent again."""
    folder = mended(tmp_path / "flask")
    sync = (folder / "sync.py").read_text()
    done = '        db.execute("UPDATE queue SET done = 1 WHERE id = ?", (key,))\n'
    begun = "        body = json.loads(text)\n"
    assert sync.count(done) == sync.count(begun) == 1
    (folder / "sync.py").write_text(sync.replace(done, "").replace(begun, begun + done))
    result = play(folder, "crash_windows")
    assert result["verdict"] == "invalid"
    assert "failures_forgotten" in {one["name"] for one in result["diagnoses"]}, result["diagnoses"]
