"""A run that is refused leaves JUnit and its error where a CI job looks, and `regress` says so."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from stockstorm.loadtests.cli import run as command
from stockstorm.loadtests.cli.app import app
from stockstorm.loadtests.config.own_checks import SECRETS
from stockstorm.loadtests.invocation import exit_code_of, invoke
from stockstorm.reports.refused import refused_under
from stockstorm.simulator.errors import SubjectError
from tests.unit.loadtests.cli.test_json import judged, stored


def ended(*words: str | Path) -> int:
    return exit_code_of(lambda: invoke(app, [*map(str, words)]))


def errors(path: Path) -> list[tuple[str, str]]:
    """Name and text of each error of a JUnit file, which says that all its cases are errors."""
    root = ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - we wrote it
    found = [(case.get("name", ""), case.findtext("error") or "") for case in root.iter("testcase")]
    assert {suite.get("errors") for suite in (root, *root.iter("testsuite"))} == {str(len(found))}
    return found


def test_a_scenario_that_does_not_exist_is_told_in_both_places(tmp_path: Path) -> None:
    assert ended("run", "nope", "--runs", tmp_path, "--junit", tmp_path / "ci.xml") == 4
    for path in (tmp_path / "ci.xml", tmp_path / "refused" / "junit.xml"):
        ((name, text),) = errors(path)
        assert name == "scenario 'nope'"
        assert text.startswith(f"where: {name}\nfound: ")
        assert "\ndo: " in text
    error = json.loads((tmp_path / "refused" / "error.json").read_text())
    assert error["exit"] == 4


def test_each_problem_is_a_case(tmp_path: Path) -> None:
    assert ended("run", "smoke", "--seed", "-1", "--api-port", "99999", "--runs", tmp_path) == 4
    assert [name for name, _ in errors(tmp_path / "refused" / "junit.xml")] == ["flags: --seed", "flags: --api-port"]


def test_another_machine_is_refused_before_it_gets_load_and_junit_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in SECRETS.values():
        monkeypatch.setenv(variable, "secret of a test")
    url = "http://192.0.2.1/webhooks"
    assert ended("run", "smoke", "--subject", url, "--api-port", "9400", "--runs", tmp_path) == 4
    ((_, text),) = errors(tmp_path / "refused" / "junit.xml")
    assert "--allow-host 192.0.2.1" in text


def test_a_subject_that_is_not_reached_is_told_in_the_folder_of_its_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> None:
        raise SubjectError("http://127.0.0.1:1/x", "nobody listens", "start it")

    monkeypatch.setattr(command, "run", unreachable)
    assert ended("run", "nope", "--runs", tmp_path) == 4
    assert ended("run", "smoke", "--subject", "polling", "--runs", tmp_path) == 5
    assert errors(tmp_path / "latest" / "junit.xml")[0][0] == "http://127.0.0.1:1/x"
    assert not list((tmp_path / "refused").iterdir())  # it was not the last run any more
    assert [one.exit for one in refused_under(tmp_path)] == [5]


def test_a_run_that_is_judged_has_the_same_junit_in_the_file_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "run", lambda *_: judged(tmp_path))
    assert ended("run", "smoke", "--subject", "polling", "--runs", tmp_path, "--junit", tmp_path / "ci.xml") < 3
    root = ET.fromstring((tmp_path / "ci.xml").read_text(encoding="utf-8"))  # noqa: S314 - we wrote it
    assert next(iter(root)).get("name") == "flash_sale.verdict"


def test_an_output_that_cannot_be_written_does_not_hide_the_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert ended("run", "nope", "--runs", tmp_path / "file", "--junit", tmp_path / "file" / "ci.xml") == 4
    told = capsys.readouterr().err
    assert "ci.xml: cannot be written" in told
    assert "nope" in told


def test_regress_says_that_runs_were_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    for folder in (before, after):
        folder.mkdir()
    stored(before / "one", 1)
    assert ended("run", "nope", "--runs", after) == 4
    assert ended("regress", before, after) == 7
    assert "no run of it is judged; 1 run was refused, the last one so: " in capsys.readouterr().err
    stored(after / "two", 2)
    assert ended("regress", before, after, "--page", tmp_path / "page.md") == 2
    assert "1 run after the change was refused: " in capsys.readouterr().out
    assert "1 run refused, without a result: " in (tmp_path / "page.md").read_text()
