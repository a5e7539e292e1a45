"""Every flaw does what it says, and the service without it does not."""

import re
from pathlib import Path

import pytest

from stockstorm.loadtests.subjects.flaws import FLAWS as DECLARED
from stockstorm.reference_service import flaws
from stockstorm.reference_service.flaws import FLAWS
from stockstorm.reference_service.seams import SOUND
from tests.unit.reference_service.flaws import (
    calling,
    deciding,
    healing,
    installation,
    polls,
    pushing,
    receiving,
    working,
    writing,
)
from tests.unit.reference_service.flaws.case import Case

CASES = (
    *receiving.CASES,
    *deciding.CASES,
    *calling.CASES,
    *installation.CASES,
    *healing.CASES,
    *polls.CASES,
    *pushing.CASES,
    *working.CASES,
    *writing.CASES,
)
FOLDER = Path(flaws.__file__).parent
SHARED = {"__init__", "calling", "deciding", "pushing", "repeating_queue", "setting"}


@pytest.mark.asyncio
@pytest.mark.parametrize("case", CASES, ids=[f"{number}-{case.flaw}" for number, case in enumerate(CASES)])
async def test_a_flaw_changes_what_the_sound_service_does(case: Case) -> None:
    found = await case.observe(SOUND), await case.observe(FLAWS[case.flaw](SOUND))
    assert found == (case.sound, case.flawed)


def test_every_flaw_has_a_case_in_which_it_differs() -> None:
    assert {case.flaw for case in CASES if case.sound != case.flawed} == set(FLAWS)


def test_the_bank_has_at_least_forty_flaws_each_in_a_file_of_its_own() -> None:
    files = {path.stem for path in FOLDER.rglob("*.py")} - SHARED
    assert files == set(FLAWS)
    assert len(FLAWS) >= 40


def test_the_bank_and_its_declaration_name_the_same_flaws() -> None:
    assert set(FLAWS) == set(DECLARED)


def test_the_sound_service_names_no_flaw() -> None:
    """A flaw replaces a collaborator. No other file of the service asks which flaw there is."""
    asking = re.compile(r"\bflaws?\b")
    for path in FOLDER.parent.rglob("*.py"):
        if FOLDER in path.parents or path.name in ("bootstrap.py", "settings.py", "__main__.py", "seams.py"):
            continue
        assert not asking.search(path.read_text(encoding="utf-8")), path


def test_every_flaw_changes_some_seam() -> None:
    assert [name for name, compose in FLAWS.items() if compose(SOUND) == SOUND] == []
