"""`stockstorm compare` of two versions of one service, by two subject files: docs/own_service.md shows the same."""

import json
from pathlib import Path

import pytest

from tests.running import ROOT, run_module
from tests.strangers.trial import subject_file

pytestmark = [pytest.mark.e2e, pytest.mark.prove, pytest.mark.timed, pytest.mark.timeout(600)]
SEEDS = "1-3"  # fewer give differences no interval
GAPS = {"one pass in 0.2 s": "0.2", "one pass in 1.5 s": "1.5"}


def version(folder: Path, name: str, gap_s: str) -> str:
    """The sweep, which reads and writes everything once in so many seconds."""
    text = subject_file("sweep", None, folder).read_text()
    text = text.replace('name = "sweep"', f'name = "{name}"').replace('folder = "../../.."', f'folder = "{ROOT}"')
    path = folder / gap_s / "subject.toml"
    path.parent.mkdir()
    path.write_text(text.replace("[environment]", f'[environment]\nGAP_S = "{gap_s}"'))
    return str(path)


def test_the_version_that_waits_less_leads_and_both_have_their_names(tmp_path: Path) -> None:
    subjects = ",".join(version(tmp_path, name, gap_s) for name, gap_s in GAPS.items())
    words = ["compare", "smoke", "--subjects", subjects, "--seeds", SEEDS, "--runs", str(tmp_path / "runs"), "--quiet"]
    done = run_module("stockstorm", words, {}, within_s=500)
    headline, page = done.stdout.splitlines()
    assert headline == "one pass in 0.2 s is best", done.stdout + done.stderr
    found = json.loads((Path(page).parent / "comparison.json").read_text())
    assert "one pass in 1.5 s" in Path(page).read_text()
    assert found["comparison"]["base"] == "one pass in 0.2 s"
