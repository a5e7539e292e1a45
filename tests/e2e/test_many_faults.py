"""Every architecture under every fault that it can have, at random times: nothing is lost, nothing is doubled.

STOCKSTORM_FAULTS is how often each kind is applied in a run. `python -m tests.many_faults` makes longer ones.
"""

import os
from pathlib import Path

import pytest

from stockstorm.loadtests.config.fault_checks import fault_problems
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.simulator.config import FAULTS
from tests.many_faults import run

pytestmark = [pytest.mark.e2e, pytest.mark.prove, pytest.mark.timeout(900)]
EACH = int(os.environ.get("STOCKSTORM_FAULTS", "1"))
SECONDS_A_FAULT = 6.0


@pytest.mark.parametrize("subject", ARCHITECTURES)
def test_nothing_is_lost_and_nothing_is_doubled_whatever_is_killed_or_paused(subject: str, tmp_path: Path) -> None:
    architecture = ARCHITECTURES[subject]
    kinds = [kind for kind in FAULTS if not fault_problems(architecture, [kind], "embedded", "embedded", {})]
    most = max(sum(FAULTS[kind].target == target for kind in kinds) for target in architecture.targets)
    judged = run(subject, kinds, EACH, SECONDS_A_FAULT * most * EACH + 5, 1, tmp_path)
    assert judged.broken == {}, judged.output
    assert judged.applied == dict.fromkeys(kinds, EACH)
