"""What a proof says of its runs, and how it goes on after an interrupt."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stockstorm.loadtests.cli.prove import _exit_code
from stockstorm.loadtests.exits import ExitCode
from stockstorm.loadtests.proving import runs
from stockstorm.loadtests.proving.page import page_of
from stockstorm.loadtests.proving.power import powers, wilson
from stockstorm.loadtests.proving.proof import FILE, SOUND, Evidence, Outcome, Proof, judged, read_proofs, store_proof
from stockstorm.loadtests.proving.runs import Cell, cells_of, not_begun, prove, rotated
from stockstorm.loadtests.subjects.flaws import FLAWS
from stockstorm.reports.result import Check, Diagnosis, Finding, Result, Verdict
from stockstorm.simulator.errors import SubjectError

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


def test_a_run_that_could_not_be_made_is_not_decided_and_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> None:
        raise SubjectError("reference service", "it exited", "read its log")

    monkeypatch.setattr(runs, "make_spec", fail)
    show: Callable[[Any], None] = lambda _: None  # noqa: E731 - a callable of two kinds
    (one,) = prove([Cell("wrong_secret", 1, "full", "proof")], tmp_path, show, show)
    assert (one.outcome, one.holds, "it exited" in one.cause) == ("not decided", False, True)
    assert read_proofs(tmp_path) == []


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
    page = page_of(powers([proof(result("valid", forged="valid")), proof(result("valid"), flaw=None)]), "abc")
    assert "0 of 1 flaws caught in every run" in page
    assert "- `no_signature_check`: caught 0 of 1; not failed: forged" in page
    assert "accused in 0 of 1 runs" in page
    assert all(f"`{flaw.name}`" in page for flaw in FLAWS.values() if flaw.out_of_reach)


def test_a_proof_covers_every_subject_before_it_repeats_one() -> None:
    cells = cells_of([SOUND, "no_signature_check"], 2, without_evidence=True)
    scenarios = len({flaw.scenario for flaw in FLAWS.values()})
    assert [cell.subject for cell in cells[: scenarios + 1]] == [SOUND] * scenarios + ["no_signature_check"]
    assert [(cell.seed, cell.evidence) for cell in cells[:: scenarios + 1]] == [
        (1, "full"), (1, "none"), (2, "full"), (2, "none"),
    ]  # fmt: skip
    assert Cell(SOUND, 1, "full", "proof_polled").options(Path()).subject == "polling"


def test_without_evidence_other_subjects_come_first_for_each_commit() -> None:
    names = ["no_signature_check", "wrong_secret"]
    cells = cells_of(names, 1, without_evidence=True, turn=3)
    assert [cell.subject for cell in cells if cell.evidence == "full"] == names
    assert [cell.subject for cell in cells if cell.evidence == "none"] == names[::-1]


def test_a_proof_that_left_flaws_out_is_not_valid(capsys: pytest.CaptureFixture[str]) -> None:
    cells = cells_of(["no_signature_check"], 1, without_evidence=True)
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


def test_an_interrupted_proof_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    class Spec:
        folder = tmp_path

    class Judged:
        result = result("invalid", forged="invalid")

    def run(*_: Any) -> Judged:
        if len(ran) == 1:
            raise KeyboardInterrupt
        ran.append("run")
        return Judged()

    class Provenance:
        commit = "abc"

    show: Callable[[Any], None] = lambda _: None  # noqa: E731 - a callable of two kinds
    monkeypatch.setattr(runs, "run", run)
    monkeypatch.setattr(runs, "make_spec", lambda _: Spec)
    monkeypatch.setattr(runs, "read_provenance", lambda: Provenance)
    evidences: tuple[Evidence, ...] = ("full", "none")
    cells = [Cell("no_signature_check", 3, evidence, FLAW.scenario) for evidence in evidences]
    with pytest.raises(KeyboardInterrupt):
        list(prove(cells, tmp_path, show, show))
    ran.append("interrupted")
    assert [one.evidence for one in prove(cells, tmp_path, show, show)] == ["full", "none"]
    assert ran == ["run", "interrupted", "run"]
    assert list(prove([Cell("wrong_secret", 1, "full", "proof")], tmp_path, show, show, within_s=0.0)) == []
