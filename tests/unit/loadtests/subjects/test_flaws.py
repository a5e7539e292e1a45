"""The declared flaws are complete and name existing checks, diagnoses, scenarios and architectures."""

from pathlib import Path
from typing import get_args

import pytest

from stockstorm.loadtests.config.scenario import make_scenario
from stockstorm.loadtests.proving.cells import Cell
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.loadtests.subjects.flaws import FLAWS, flaws_of
from stockstorm.loadtests.subjects.flaws.flaw import Kind
from stockstorm.reports.checkers import CHECKERS
from stockstorm.reports.diagnosis import DIAGNOSES


def test_the_five_mistakes_of_the_guide_are_declared() -> None:
    named = {"no_order_dedup", "last_write_wins", "ack_before_durable", "no_signature_check", "slow_handler"}
    assert named == {flaw.name for flaw in FLAWS.values() if flaw.guide_ref}


def test_every_class_of_flaws_has_some() -> None:
    assert {flaw.kind for flaw in FLAWS.values()} == set(get_args(Kind))


def test_every_declared_check_exists_and_is_declared_once() -> None:
    names = {checker.name for checker in CHECKERS}
    for flaw in FLAWS.values():
        assert flaw.must or flaw.out_of_reach, flaw.name
        assert flaw.must <= names, flaw.name
        assert set(flaw.may) <= names, flaw.name
        assert not flaw.must & set(flaw.may), flaw.name


def test_every_possible_consequence_gives_its_reason() -> None:
    assert all(len(reason.split()) > 4 for flaw in FLAWS.values() for reason in flaw.may.values())


@pytest.mark.parametrize("name", FLAWS)
def test_the_run_of_a_flaw_can_be_made(name: str) -> None:
    options = Cell(name, 1, "none", FLAWS[name].scenario).options(Path())
    scenario = make_scenario(options)
    assert options.problems(scenario.faults) == []
    assert FLAWS[name].subject in ARCHITECTURES


def test_every_flaw_is_possible_in_some_architecture_that_exists() -> None:
    assert {flaw for name in ARCHITECTURES for flaw in flaws_of(name)} == set(FLAWS)
    assert all(set(flaw.subjects) <= set(ARCHITECTURES) for flaw in FLAWS.values())


def test_every_declared_diagnosis_exists() -> None:
    named = {name for flaw in FLAWS.values() for name in flaw.diagnoses}
    assert named - {one.name for one in DIAGNOSES} == set()
