"""Each flaw of the reference service fails its own checks, and the sound service fails none."""

from pathlib import Path
from typing import Any

import pytest

from stockstorm.loadtests.subjects.flaws import FLAWS

pytestmark = pytest.mark.e2e

SPEED = "slow_handler"  # the flaw that a late generator would hide
FLAW_NAMES = [pytest.param(name, marks=pytest.mark.timed) if name == SPEED else name for name in sorted(FLAWS)]
SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.prove) for seed in (2, 3, 4, 5))]


@pytest.mark.parametrize("flaw", FLAW_NAMES)
def test_a_flaw_is_caught_by_its_own_checks_only(flaw: str, stockstorm: Any, tmp_path: Path) -> None:
    done = stockstorm("prove", "--flaw", flaw, "--runs", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timed
@pytest.mark.parametrize("seed", SEEDS)
def test_the_sound_service_fails_no_check(seed: int, stockstorm: Any, tmp_path: Path) -> None:
    done = stockstorm("run", "proof", "--seed", str(seed), "--runs", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
