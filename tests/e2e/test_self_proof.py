"""The harness catches planted flaws, each by its own checks, and leaves the sound service alone."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from stockstorm.loadtests.subjects.flaws import FLAWS

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("flaw", sorted(FLAWS))
def test_a_flaw_is_caught_by_its_own_checks_only(flaw: str, stockstorm: Any, tmp_path: Path) -> None:
    done: subprocess.CompletedProcess[str] = stockstorm("prove", "--flaw", flaw, "--runs", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_the_sound_service_fails_no_check(seed: int, stockstorm: Any, tmp_path: Path) -> None:
    done: subprocess.CompletedProcess[str] = stockstorm("run", "proof", "--seed", str(seed), "--runs", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
