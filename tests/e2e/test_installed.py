"""The wheel: it brings one importable name with everything inside, and works from another folder."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import stockstorm
from tests.running import ROOT, RUN_WITHIN_S
from tests.verdicts import wrong_apart_from_speed

pytestmark = pytest.mark.e2e

THREE_LINES = """
import stockstorm
result = stockstorm.run("smoke", seed=7, seconds=3.0)
print(result.verdict)
"""
INSIDE = (
    "py.typed",
    "__init__.pyi",
    "docs/own_service.md",
    "scenarios/smoke.toml",
    "scenarios/scenario.schema.json",
    "reports/render/report.css",
    "reports/render/report.js",
    "reports/render/comparison.css",
    "simulator/api/admin/resolvers/schema.graphql",
    "loadtests/backing/cloud/fauxqs/package-lock.json",
    "loadtests/locustfile.py",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the working tree with the tools of this environment, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    export(source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*command, "--wheel-dir", str(folder), str(source)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def export(source: Path) -> None:
    """A copy of the tracked files and links, since a build writes into its source folder."""
    source.mkdir()
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.split(b"\0")
    files = [os.fsdecode(name) for name in names if name and not name.startswith(b"tests/")]
    for name in files:
        if not (ROOT / name).is_symlink() and not (ROOT / name).is_file():
            continue  # deleted, and not committed yet
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_symlink():
            (source / name).symlink_to((ROOT / name).readlink())
        else:
            (source / name).write_bytes((ROOT / name).read_bytes())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs Python elsewhere, with the unpacked wheel before this environment's packages."""
    site, elsewhere = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("elsewhere")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)

    def python(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(site), "COLUMNS": "160"}
        return subprocess.run(
            [sys.executable, *words],
            cwd=elsewhere,
            env=environment,
            capture_output=True,
            text=True,
            timeout=RUN_WITHIN_S,
            check=False,
        )

    return python


def test_the_wheel_has_one_importable_name_with_all_files_inside(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"stockstorm"}
    assert [name for name in INSIDE if f"stockstorm/{name}" not in names] == []
    assert any(name.endswith(".sql") for name in names)
    assert not [name for name in names if "node_modules" in name or "/tests/" in name]


def test_version_and_scenarios_come_from_the_wheel(installed: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    where = installed("-c", "import stockstorm; print(stockstorm.__file__)")
    assert "site" in where.stdout, where.stderr
    version = installed("-m", "stockstorm", "--version")
    assert (version.returncode, version.stdout) == (0, f"stockstorm {stockstorm.__version__}\n"), version.stderr
    listed = installed("-m", "stockstorm", "scenarios")
    assert listed.returncode == 0, listed.stderr
    assert "flash_sale" in listed.stdout


def test_three_lines_of_python_run_smoke_and_print_the_verdict(
    installed: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = installed("-c", THREE_LINES)
    assert done.returncode == 0, done.stderr
    shown = installed("-c", "from pathlib import Path; print(Path('runs/latest/result.json').read_text())")
    result = json.loads(shown.stdout)
    assert done.stdout == f"{result['verdict']}\n"
    assert wrong_apart_from_speed(result) == {}
