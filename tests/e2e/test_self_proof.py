"""Flaws of the reference service fail their own checks, and the sound service fails none.

Here are mistakes of the guide: one that a crash shows, and one of order. `make prove` has the whole bank.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from stockstorm.loadtests.proving.proof import read_proofs
from stockstorm.loadtests.subjects.flaws import FLAWS
from tests.verdicts import until_decided, wrong_apart_from_speed

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

# The others are in `make prove`, and some with each push (.github/workflows/flaws.yml).
OFTEN = ("ack_before_durable", "last_write_wins")
OF_THE_GUIDE = sorted(flaw.name for flaw in FLAWS.values() if flaw.guide_ref)
FLAW_NAMES = [name if name in OFTEN else pytest.param(name, marks=pytest.mark.prove) for name in OF_THE_GUIDE]
SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.prove) for seed in (2, 3, 4, 5))]


@pytest.mark.parametrize("flaw", FLAW_NAMES)
def test_a_flaw_is_caught_by_its_own_checks_only(flaw: str, stockstorm: Any, tmp_path: Path) -> None:
    done = stockstorm("prove", "--flaw", flaw, "--runs", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [(proof.subject, proof.evidence) for proof in read_proofs(tmp_path)] == [(flaw, "full"), (flaw, "withheld")]


@pytest.mark.timed
@pytest.mark.parametrize("seed", SEEDS)
def test_the_sound_service_fails_no_check(seed: int, stockstorm: Any, tmp_path: Path) -> None:
    done = until_decided(lambda: stockstorm("run", "proof", "--seed", str(seed), "--runs", tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_sound_service_without_probes_and_references_fails_no_check(stockstorm: Any, tmp_path: Path) -> None:
    """Apart from speed: it runs beside other tests."""
    done = stockstorm("run", "proof", "--evidence", "none", "--rate", "30", "--runs", tmp_path)
    result = json.loads((tmp_path / "latest" / "result.json").read_text())
    assert wrong_apart_from_speed(result) == {}, done.stdout + done.stderr
