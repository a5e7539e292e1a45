"""Flaws of the reference service fail their own checks, and the sound service fails none.

Here are the mistakes of the guide. `make prove` has the whole bank.
"""

from pathlib import Path
from typing import Any

import pytest

from stockstorm.loadtests.proving.proof import read_proofs
from stockstorm.loadtests.subjects.flaws import FLAWS

pytestmark = pytest.mark.e2e

SPEED = "slow_handler"  # takes 40 s, and a late generator would hide it
OF_THE_GUIDE = sorted(flaw.name for flaw in FLAWS.values() if flaw.guide_ref)
FLAW_NAMES = [pytest.param(name, marks=pytest.mark.prove) if name == SPEED else name for name in OF_THE_GUIDE]
SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.prove) for seed in (2, 3, 4, 5))]


@pytest.mark.parametrize("flaw", FLAW_NAMES)
def test_a_flaw_is_caught_by_its_own_checks_only(flaw: str, stockstorm: Any, tmp_path: Path) -> None:
    done = stockstorm("prove", "--flaw", flaw, "--runs", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [proof.subject for proof in read_proofs(tmp_path)] == [flaw]


@pytest.mark.timed
@pytest.mark.parametrize("seed", SEEDS)
def test_the_sound_service_fails_no_check(seed: int, stockstorm: Any, tmp_path: Path) -> None:
    done = stockstorm("run", "proof", "--seed", str(seed), "--runs", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timed
def test_the_sound_service_without_probes_and_references_fails_no_check(stockstorm: Any, tmp_path: Path) -> None:
    done = stockstorm("run", "proof", "--evidence", "none", "--runs", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
