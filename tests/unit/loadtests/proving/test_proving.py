"""What a proof says of its runs, and which runs it has."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from stockstorm.loadtests import extras
from stockstorm.loadtests.cli.app import app
from stockstorm.loadtests.cli.prove import _exit_code
from stockstorm.loadtests.exits import ExitCode
from stockstorm.loadtests.invocation import invoke
from stockstorm.loadtests.proving.cells import SOUND_ON, Cell, Wanted, cells_of, not_begun, rotated
from stockstorm.loadtests.proving.page import page_of
from stockstorm.loadtests.proving.power import powers, wilson
from stockstorm.loadtests.proving.proof import FILE, SOUND, Outcome, Proof, judged, read_proofs, standing, store_proof
from stockstorm.loadtests.subjects.flaws import FLAWS
from stockstorm.reports.result import Check, Diagnosis, Finding, Result, Verdict
from stockstorm.simulator.errors import HistoryError, OutputError, ScenarioError

FLAW = FLAWS["no_signature_check"]


def result(verdict: Verdict, diagnosis: str = "", **checks: Finding) -> Result:
    diagnoses = (Diagnosis(diagnosis, "41 forged deliveries were accepted", ("e",), "r"),) if diagnosis else ()
    return Result(
        run="r", scenario=FLAW.scenario, seed=3, plan_digest="", subject="queue-postgres", verdict=verdict,
        reasons=(), tiers=(), thresholds=(), measures={}, intervals={}, event_classes={}, notes=(), commit="abc",
        versions={}, machine={}, replay="", started_wall_ns=0, duration_ns=10**10, diagnoses=diagnoses,
        checks=tuple(Check(name, found, "why", exposure={"forged": 41}) for name, found in checks.items()),
    )  # fmt: skip


def proof(found: Result, evidence: Any = "full", flaw: Any = FLAW) -> Proof:
    return judged(found, flaw, evidence, "runs/r")


@pytest.mark.parametrize(
    ("found", "evidence", "outcome"),
    [
        (result("invalid", forged="invalid", drift="invalid"), "full", "as declared"),
        (result("invalid", forged="invalid", ack_time="invalid"), "full", "caught otherwise"),
        (result("invalid", drift="invalid"), "full", "caught otherwise"),
        (result("invalid", drift="invalid"), "none", "as declared"),
        (result("valid", forged="valid"), "full", "missed"),
        (result("unknown", forged="unknown"), "full", "not decided"),
    ],
)
def test_a_run_with_a_flaw_is_compared_with_the_declaration(found: Result, evidence: str, outcome: Outcome) -> None:
    one = proof(found, evidence)
    assert (one.outcome, one.holds, one.caught) == (outcome, outcome == "as declared", found.verdict == "invalid")


@pytest.mark.parametrize(
    ("found", "outcome", "holds"),
    [
        (result("valid", drift="valid"), "sound", True),
        (result("unknown", drift="unknown"), "sound", False),
        (result("invalid", drift="invalid"), "accused", False),
    ],
)
def test_the_sound_service_is_sound_or_accused(found: Result, outcome: Outcome, holds: bool) -> None:
    one = proof(found, flaw=None)
    assert (one.subject, one.outcome, one.holds) == (SOUND, outcome, holds)


def test_a_flaw_whose_diagnosis_is_a_contrast_is_named_only_where_the_cause_says_so() -> None:
    flaw = FLAWS["returns_ignored"]
    assert flaw.is_named_by("lost_events", "all 16 lost events are of topic order.returned")
    assert not flaw.is_named_by("lost_events", "all 16 lost events are from mercado")
    assert not flaw.is_named_by("forgeries", "all 16 lost events are of topic order.returned")
    assert FLAW.is_named_by("forgeries", "no signature is checked")


def test_a_flaw_is_named_by_the_first_diagnosis_only() -> None:
    assert proof(result("invalid", "forgeries", forged="invalid")).named
    assert not proof(result("invalid", "growth", forged="invalid")).named
    assert not proof(result("invalid", forged="invalid")).named


def test_the_wilson_interval_is_that_of_the_literature() -> None:
    assert [round(end, 3) for end in wilson(5, 5)] == [0.566, 1.0]
    assert [round(end, 3) for end in wilson(0, 10)] == [0.0, 0.278]
    assert [round(end, 3) for end in wilson(81, 263)] == [0.255, 0.366]  # Newcombe 1998, table I
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_power_of_a_flaw_counts_its_runs() -> None:
    caught = proof(result("invalid", "forgeries", forged="invalid", drift="invalid"))
    named_only = proof(result("unknown", "forgeries", forged="unknown"))
    assert powers([named_only])[0].named == 0
    (power,) = powers([caught, caught, proof(result("valid", forged="valid"))])
    assert (power.runs, power.caught, power.declared, power.named) == (3, 2, 2, 2)
    assert power.failed == {"forged": 2, "drift": 2}
    assert (power.missed, power.diagnosis) == (("forged",), "forgeries")
    assert power.exposure["forged"] == {"forged": 41}


def test_the_sound_service_counts_accusations() -> None:
    accused = proof(result("invalid", drift="invalid"), flaw=None)
    (power,) = powers([accused, proof(result("valid"), flaw=None)])
    assert (power.runs, power.caught) == (2, 1)


def test_the_page_names_what_was_missed_and_what_is_out_of_reach() -> None:
    page = page_of([proof(result("valid", forged="valid")), proof(result("valid"), flaw=None)])
    assert "0 of 1 flaws caught in every run" in page
    assert "- `no_signature_check`: caught 0 of 1; not failed: forged" in page
    assert "- the sound service: accused in 0 of 1 runs; 0 unknown" in page
    assert "| proof | with | 1 | 0 | 0 |" in page
    assert "Commit abc." in page
    assert all(f"`{flaw.name}`" in page for flaw in FLAWS.values() if flaw.out_of_reach or flaw.without)
    assert page.index("## Not named without evidence") < page.index("## Out of reach")


def test_a_page_of_several_commits_says_which_made_what_and_shows_the_last() -> None:
    missed, sound = proof(result("valid", forged="valid")), proof(result("valid"), flaw=None)
    caught = msgspec.structs.replace(proof(result("invalid", "forgeries", forged="invalid")), commit="def")
    others = [msgspec.structs.replace(sound, seed=seed) for seed in (4, 5)]
    page = page_of([missed, sound, *others, caught])
    assert "1 of 1 flaws caught in every run" in page
    assert "- commit abc: 3 runs\n- commit def: 1 run: `no_signature_check`" in page
    assert "| proof | with | 3 | 0 | 0 |" in page


def test_a_late_run_is_told_and_stands_only_without_another() -> None:
    late = proof(result("unknown", generator="unknown"), flaw=None)
    assert late.late
    assert not proof(result("unknown", drift="unknown"), flaw=None).late
    assert not proof(result("invalid", generator="unknown", forged="invalid")).late
    good = msgspec.structs.replace(proof(result("valid"), flaw=None), repeats=1)
    assert standing([late, good]) == standing([good, late]) == [good]
    assert "1 run made once more, because the load generator had been late\n" in page_of([late, good])
    assert "had been late; 1 is unknown for that reason" in page_of([late])


def test_a_proof_has_the_sound_service_among_the_flaws_and_then_what_has_no_evidence() -> None:
    names = ["no_signature_check", "wrong_secret"]
    wanted = Wanted((SOUND, *names), 1, 9, without_evidence=True)
    cells = cells_of(wanted)
    full = [cell for cell in cells if cell.evidence == "full"]
    sound = [cell for cell in full if cell.subject == SOUND]
    assert cells == cells_of(wanted)
    assert cells[: len(full)] == full
    assert len(sound) == 9 * len(SOUND_ON) == len(set(sound))
    places = [place for place, cell in enumerate(full) if cell.subject in names]
    assert [len(full) // 6 < place < len(full) * 5 // 6 for place in places] == [True, True]
    assert [cell.subject for cell in cells if cell.evidence == "none"] == [SOUND] * len(SOUND_ON) + names
    assert Cell(SOUND, 1, "full", "proof_polled").options(Path()).subject == "polling"


def test_a_proof_covers_every_flaw_before_it_repeats_one() -> None:
    cells = cells_of(Wanted(("no_signature_check", "wrong_secret"), seeds=2))
    assert [(cell.subject, cell.seed) for cell in cells] == [
        ("no_signature_check", 1), ("wrong_secret", 1), ("no_signature_check", 2), ("wrong_secret", 2),
    ]  # fmt: skip


def test_without_evidence_other_subjects_come_first_for_each_commit() -> None:
    names = ("no_signature_check", "wrong_secret")
    cells = cells_of(Wanted(names, without_evidence=True, turn=3))
    assert [cell.subject for cell in cells if cell.evidence == "full"] == [*names]
    assert [cell.subject for cell in cells if cell.evidence == "none"] == [*names[::-1]]


def test_a_proof_that_left_flaws_out_is_not_valid(capsys: pytest.CaptureFixture[str]) -> None:
    cells = cells_of(Wanted(("no_signature_check",), without_evidence=True))
    sound = msgspec.structs.replace(proof(result("invalid", forged="invalid")), seed=1)
    missed = msgspec.structs.replace(sound, verdict="valid")
    assert not_begun(cells, [sound]) == [cells[1]]
    assert _exit_code([sound], [], 50) == ExitCode.VALID
    assert _exit_code([sound], [cells[1]], 50) == ExitCode.VALID
    assert _exit_code([], cells, 50) == ExitCode.UNKNOWN
    assert _exit_code([missed], cells, 50) == ExitCode.INVALID
    assert "2 runs did not begin within 50 minutes: no_signature_check (full" in capsys.readouterr().err


def test_the_part_of_a_commit_comes_in_turn() -> None:
    names = [SOUND, *FLAWS]
    seen = {name for commits in range(len(names)) for name in rotated(names, 4, commits)}
    assert seen == set(names)
    assert rotated(names, 4, 7) == rotated(names, 4, 7)
    assert len(rotated(names, 0, 7)) == 0


def test_a_file_that_an_interrupt_cut_off_is_read_up_to_there(tmp_path: Path) -> None:
    found = proof(result("invalid", forged="invalid"))
    store_proof(tmp_path, found)
    with (tmp_path / FILE).open("ab") as file:
        file.write(msgspec.json.encode(found)[:40])
    assert read_proofs(tmp_path) == [found]
    store_proof(tmp_path, found)
    assert read_proofs(tmp_path) == [found, found]


def test_a_page_is_made_of_stored_proofs_without_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missed, caught = proof(result("valid", forged="valid")), proof(result("invalid", "forgeries", forged="invalid"))
    store_proof(tmp_path / "one", missed)
    store_proof(tmp_path / "two", msgspec.structs.replace(caught, commit="def"))
    files = tuple(str(tmp_path / name / FILE) for name in ("one", "two"))
    page = tmp_path / "power.md"
    assert invoke(app, ["prove", "--page-of", files[0], "--page-of", files[1], "--page", str(page)]) == 0
    assert "1 of 1 runs as declared" in capsys.readouterr().out
    assert "Commit def." in page.read_text()
    with pytest.raises(HistoryError, match="it cannot be read"):
        invoke(app, ["prove", "--page-of", str(tmp_path / "none")])
    with pytest.raises(OutputError, match=r"--page .*cannot be written"):
        invoke(app, ["prove", "--page-of", files[0], "--page", str(tmp_path / "none" / "power.md")])


def test_without_the_reference_service_a_proof_is_refused_once_and_not_run_by_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "PACKAGES", {**extras.PACKAGES, "reference": ("no_such_package",)})
    with pytest.raises(ScenarioError, match=r"pip install 'stockstorm\[reference\]'"):
        invoke(app, ["prove", "--runs", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []
