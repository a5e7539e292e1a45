"""The verdict in one line names what the first screen names first."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from stockstorm.reports.render.verdict_line import print_verdict, verdict_line
from stockstorm.reports.result import Check, Diagnosis
from stockstorm.reports.store import RunFolder
from tests.unit.reports.literal import golden_result

WRONG = replace(
    golden_result(),
    verdict="invalid",
    checks=(Check("drift", "invalid", "9 listings were wrong"),),
    thresholds=(),
    unplanned=(),
    reasons=("drift: 9 listings were wrong",),
    diagnoses=(),
)
CAUSE = Diagnosis("signature_check", "341 of 341 deliveries\nanswered 401", (), "compare the secret", ("drift",))


def test_a_cause_comes_before_a_reason_and_stays_in_one_line() -> None:
    assert verdict_line(WRONG) == "✕ INVALID: drift: 9 listings were wrong"
    line = verdict_line(replace(WRONG, diagnoses=(CAUSE,)))
    assert line.startswith("✕ INVALID: 341 of 341 deliveries")
    assert "\n" not in line


def test_a_valid_result_says_what_it_is_valid_in() -> None:
    valid = replace(golden_result(), verdict="valid", tiers=())
    assert verdict_line(valid) == f"✓ VALID: {valid.subject} in {valid.scenario}, seed {valid.seed}"


def test_two_lines_are_printed_whatever_the_width(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    folder = RunFolder(tmp_path)
    print_verdict(WRONG, folder)
    assert capsys.readouterr().out.splitlines() == [verdict_line(WRONG), str(folder.report)]
