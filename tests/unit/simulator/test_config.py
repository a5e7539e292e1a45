"""Fault kinds are defined once, and everything reads that definition."""

from typing import get_args

import pytest

from stockstorm.loadtests.config.flag import Flag
from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.scenarios.flags import with_faults
from stockstorm.scenarios.loader import load
from stockstorm.simulator.config import FAULTS, FaultKind, fault_label
from tests.running import ROOT


@pytest.mark.parametrize("kind", FAULTS)
def test_every_kind_of_fault_can_be_asked_for_and_hits_what_some_subject_has(kind: FaultKind) -> None:
    assert with_faults(load("smoke"), [f"{kind}@1"]).faults[-1].kind == kind
    assert any(FAULTS[kind].target in one.targets for one in ARCHITECTURES.values())
    assert kind == f"{FAULTS[kind].action}_{FAULTS[kind].target}"
    assert fault_label(kind) == FAULTS[kind].label


def test_every_kind_of_fault_is_described() -> None:
    assert tuple(FAULTS) == get_args(FaultKind)


def test_the_help_of_the_flag_lists_every_kind() -> None:
    flags = [note for note in RunOptions.model_fields["faults"].metadata if isinstance(note, Flag)]
    assert ", ".join(FAULTS) in flags[0].help


@pytest.mark.parametrize("kind", FAULTS)
def test_the_readme_lists_every_kind(kind: FaultKind) -> None:
    assert f"`{kind}`" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_fault_that_the_plan_did_not_cause_is_named_as_the_history_names_it() -> None:
    assert fault_label("exited by itself") == "exited by itself"
