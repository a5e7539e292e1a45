"""Somebody else changes what a modelled subject writes. Differences and comparisons survive it, plain sets do not."""

import pytest

from stockstorm.reports.checkers import REQUIRED, check_all
from stockstorm.reports.history import History
from stockstorm.reports.history.invariants import first_breach
from stockstorm.reports.result import Check
from stockstorm.scenarios import Scenario, load
from stockstorm.simulator.config import QuotasConfig
from tests.modelled.run import ModelledRun, run_model
from tests.modelled.subject import Behaviour

SOUND = (
    Behaviour(),
    Behaviour(write_ms=(60, 120), references=False),
    Behaviour(writes="set", compares=True, write_every_ms=20, write_ms=(60, 120)),
)
# One worker, so that it can only erase what somebody else wrote.
PLAIN_SET = Behaviour(writes="set", workers=1, write_every_ms=20, write_ms=(60, 120))


def two_writers() -> Scenario:
    """The shipped scenario in a quarter of the time, with no rare case but the second writer."""
    whole = load("two_writers")
    phase = whole.phases[0].model_copy(update={"seconds": 5.0})
    quotas = QuotasConfig(corrected=30)
    shop = whole.shop.model_copy(update={"buyers": 1})
    return whole.model_copy(update={"phases": (phase,), "quotas": quotas, "shop": shop})


def judged(behaviour: Behaviour, seed: int) -> tuple[ModelledRun, dict[str, Check]]:
    run = run_model(two_writers(), behaviour, seed)
    history = History.of(run.facts)
    assert first_breach(history, run.facts) is None
    return run, {check.name: check for check in check_all(history)}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("behaviour", SOUND, ids=["adjusts", "adjusts slowly", "compares"])
def test_a_sound_subject_is_accused_of_nothing(behaviour: Behaviour, seed: int) -> None:
    run, found = judged(behaviour, seed)
    assert not run.planted
    assert [name for name in REQUIRED if name != "generator" and found[name].verdict == "invalid"] == []
    assert found["retry_discipline"].verdict != "invalid"


@pytest.mark.parametrize("seed", [1, 2])
def test_a_subject_that_sets_what_it_read_erases_what_somebody_else_wrote(seed: int) -> None:
    run, found = judged(PLAIN_SET, seed)
    assert run.planted
    assert found["retry_discipline"].verdict == "invalid"
    assert found["retry_discipline"].measures["retry_discipline.erased"] == len(run.planted)
