"""`--json`: on standard output one JSON value and nothing else, whatever the command and however it ends."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import msgspec
import pytest

from stockstorm.loadtests.cli import check, compare, doctor, run, serve
from stockstorm.loadtests.cli.app import app
from stockstorm.loadtests.invocation import exit_code_of, invoke
from stockstorm.loadtests.judged import Judged
from stockstorm.loadtests.serve.server import Served
from stockstorm.reports.compare import build
from stockstorm.reports.json_text import as_json
from stockstorm.reports.store import RunFolder
from stockstorm.simulator.errors import SubjectError
from tests.literal_history import history, opened
from tests.running import ROOT
from tests.unit.reports.compared import SUBJECTS, matrix, run_summary
from tests.unit.reports.literal import golden_result

REFUSED: Final = {
    "run": (["no_such_scenario"], 4),
    "plan": (["no_such_scenario"], 4),
    "compare": (["no_such_scenario"], 4),
    "check": (["no_such_run"], 7),
    "scenarios": (["--no-such-flag"], 4),
    "prove": (["--flaw", "no_such_flaw"], 4),
    "regress": (["no_such_folder", "no_such_folder"], 7),
    "init": (["--level", "no_such_level"], 4),
    "doctor": (["no_url"], 4),
    "serve": (["--to", "http://192.0.2.7/webhooks"], 4),
    "trigger": (["no/such/topic"], 4),
    "docs": (["no_such_page"], 4),
}
SHAPES: Final = {  # the keys of what each prints when it succeeds
    "run": {"exit", "folder", "result"},
    "check": {"exit", "folder", "result"},
    "compare": {"exit", "folder", "continue", "comparison"},
    "plan": {"scenario", "seed", "file", "plan"},
    "scenarios": {"scenarios"},
    "prove": {"proofs", "power"},
    "regress": {
        "change",
        "reasons",
        "compared",
        "noise",
        "before",
        "after",
        "plans",
        "seconds",
        "machine",
        "delay",
        "refused",
        "in_turns",
        "apart",
        "unknown",
    },
    "init": {"folder", "files", "next"},
    "doctor": {"findings"},
    "serve": {"page", "admin_api", "https", "authority", "domain", "proxy", "marketplaces", "environment"},
    "trigger": {"deliveries"},
    "docs": {"pages"},
}
COMMANDS: Final = sorted(one.name or "" for one in app.registered_commands)


def stored(folder: Path, started_ns: int) -> str:
    folder.mkdir()
    result = msgspec.structs.replace(golden_result(), run=folder.name, started_wall_ns=started_ns)
    (folder / "result.json").write_bytes(as_json(result))
    return str(folder)


def judged(folder: Path) -> Judged:
    return Judged(golden_result(), history(opened()), RunFolder(folder))


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """What makes each command succeed, without a process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STOCKSTORM_CLIENT_SECRET", "secret of a test")
    monkeypatch.setattr(run, "make_spec", lambda _options: SimpleNamespace(own=None, scenario=None, folder=tmp_path))
    monkeypatch.setattr(run, "run", lambda *_: judged(tmp_path))
    monkeypatch.setattr(check, "find_run", lambda *_: RunFolder(tmp_path))
    monkeypatch.setattr(check, "rejudge", lambda *_, **__: judged(tmp_path))
    compared = build.compare(matrix("queue"), SUBJECTS, [run_summary("queue", 120.0)], [], {})
    made = SimpleNamespace(run=lambda: None, report=lambda: compared, state=SimpleNamespace(pending=["one"]))
    monkeypatch.setattr(compare, "start_comparison", lambda *_: (tmp_path, None))
    monkeypatch.setattr(compare, "ComparisonRun", lambda *_: made)
    monkeypatch.setattr(doctor, "_found", lambda *_: [])
    monkeypatch.setattr(serve, "serve", served)
    monkeypatch.setattr(serve, "_by_server", lambda *_: [])
    given = {
        "plan": lambda: ["smoke"],
        "run": lambda: ["smoke"],
        "compare": lambda: ["smoke"],
        "regress": lambda: [stored(tmp_path / "before", 1), stored(tmp_path / "after", 2)],
        "init": lambda: ["--folder", str(tmp_path / "made")],
        "doctor": lambda: ["http://127.0.0.1:1/webhooks"],
        "prove": lambda: ["--page-of", str(empty(tmp_path / "proof.jsonl"))],
        "trigger": lambda: ["orders/create"],
    }
    return lambda command: [command, "--json", *given.get(command, list)()]


def empty(path: Path) -> Path:
    path.write_text("")
    return path


def served(_shop: object, _ports: object, _folder: Path, told: Callable[[Served], None]) -> signal.Signals:
    """A shop that is served, and ended by a signal."""
    told(Served(**{name: name for name in Served.__struct_fields__}))
    return signal.SIGTERM


def only_json(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_prints_one_shape(
    command: str, words: Callable[[str], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    given = words(command)
    code = exit_code_of(lambda: invoke(app, given))
    found = only_json(capsys)
    assert found.keys() == SHAPES[command]
    assert code == found.get("exit", code) < 3
    assert f"## `{command}`" in (ROOT / "docs" / "json.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_an_error_with_where_found_and_do(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    given, code = REFUSED[command]
    assert exit_code_of(lambda: invoke(app, [command, *given])) == code
    plain = capsys.readouterr()
    assert plain.out == ""
    assert exit_code_of(lambda: invoke(app, [command, *given, "--json"])) == code
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert told.err == plain.err
    assert found["exit"] == code
    error = found["error"]
    assert f"{error['where']}: {error['found']}\n  → {error['do']}\n" == plain.err


def test_each_of_several_problems_stands_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(lambda: invoke(app, ["run", "smoke", "--seed", "-1", "--api-port", "99999", "--json"])) == 4
    problems = only_json(capsys)["error"]["problems"]
    assert [one["where"] for one in problems] == ["flags: --seed", "flags: --api-port"]


def test_what_was_printed_before_an_error_stands_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def visit(*_: object) -> None:
        raise SubjectError("http://127.0.0.1:1/x", "nobody answers", "start it")

    monkeypatch.setenv("STOCKSTORM_CLIENT_SECRET", "secret of a test")
    monkeypatch.setattr(doctor, "visit", visit)
    assert exit_code_of(lambda: invoke(app, ["doctor", "http://127.0.0.1:1/x", "--json"])) == 5
    assert only_json(capsys)["findings"][0]["found"] == "nobody answers"


def test_an_interruption_is_json_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "make_spec", interrupted)
    assert exit_code_of(lambda: invoke(app, ["run", "smoke", "--json"])) == 130
    assert only_json(capsys)["error"]["where"] == "interrupted"
