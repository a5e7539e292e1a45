"""The harness catches planted flaws, each by its own checks, and leaves the sound service alone."""

from pathlib import Path
from typing import Any

import pytest

from stockstorm.loadtests.subjects.flaws import FLAWS

pytestmark = pytest.mark.e2e

LONGEST = "slow_handler"  # first, so that the other tests run beside it
SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.prove) for seed in (2, 3, 4, 5))]


@pytest.mark.parametrize("flaw", sorted(FLAWS, key=lambda name: (name != LONGEST, name)))
def test_a_flaw_is_caught_by_its_own_checks_only(flaw: str, stockstorm: Any, tmp_path: Path) -> None:
    done = stockstorm("prove", "--flaw", flaw, "--runs", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("seed", SEEDS)
def test_the_sound_service_fails_no_check(seed: int, stockstorm: Any, tmp_path: Path) -> None:
    done = stockstorm("run", "proof", "--seed", str(seed), "--runs", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
