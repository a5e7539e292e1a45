"""Every bug and every way of a stranger is declared, in scenarios and by checks and diagnoses that there are."""

from collections.abc import Sequence

import pytest

from stockstorm.reports.checkers import CHECKERS
from stockstorm.reports.diagnosis import DIAGNOSES
from stockstorm.scenarios.loader import shipped_names
from tests.strangers.declared import BEYOND, BUGS, WAYS, Beyond, Bug, Way
from tests.strangers.trial import STRANGERS, parts

KINDS_MIN = 5


def of(stranger: str, declared: Sequence[Bug | Way]) -> list[str]:
    return sorted(each.name for each in declared if each.stranger == stranger)


@pytest.mark.parametrize("stranger", STRANGERS)
def test_all_of_its_bugs_are_declared_once_and_are_of_five_kinds(stranger: str) -> None:
    assert of(stranger, BUGS) == parts(stranger, "bugs")
    assert len({bug.kind for bug in BUGS if bug.stranger == stranger}) >= KINDS_MIN


@pytest.mark.parametrize("stranger", STRANGERS)
def test_all_of_its_ways_are_declared(stranger: str) -> None:
    assert of(stranger, WAYS) == parts(stranger, "ways")


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.stranger}-{bug.name}")
def test_a_bug_claims_what_there_is(bug: Bug) -> None:
    assert bug.scenario in shipped_names()
    assert bug.must
    assert set(bug.must) <= {checker.name for checker in CHECKERS}
    assert bug.named
    assert set(bug.named) <= {diagnose.name for diagnose in DIAGNOSES}


@pytest.mark.parametrize("beyond", BEYOND, ids=lambda beyond: f"{beyond.stranger}-{beyond.scenario}")
def test_what_a_stranger_was_not_built_for_is_named_by_what_there_is(beyond: Beyond) -> None:
    assert beyond.scenario in shipped_names()
    assert set(beyond.named) <= {diagnose.name for diagnose in DIAGNOSES}
