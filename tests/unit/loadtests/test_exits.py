"""Exit codes: 0, 1 and 2 are verdicts only, and every other ending is printed with a remedy."""

import errno
import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stockstorm.loadtests.cli.app import app
from stockstorm.loadtests.exits import ERROR_CODES, VERDICT_CODES, ExitCode, exit_code
from stockstorm.loadtests.invocation import exit_code_of, invoke
from stockstorm.loadtests.orchestrator import by_locust
from stockstorm.simulator.errors import BackingError, ScenarioError, StockstormError, SubjectError
from tests.running import ROOT


def ended(*words: str) -> int:
    return exit_code_of(lambda: invoke(app, words))


def raising(error: BaseException) -> Callable[[], int]:
    def work() -> int:
        raise error

    return work


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "--nope"], "--nope: no such option"),
        (["run", "--seed", "abc", "smoke"], "--seed: "),
        (["run", "--seed"], "--seed: "),
        (["run"], "scenario: missing argument"),
        (["check", "latest", "extra"], "(extra)"),
        (["rnu"], "no such command 'rnu'"),
    ],
)
def test_a_wrong_command_line_is_no_verdict_and_says_where_help_is(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(*words) == 4
    printed = capsys.readouterr().err
    assert said in printed
    assert "→ see: stockstorm" in printed
    assert "--help" in printed


def test_a_value_that_does_not_fit_is_reported_with_what_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("run", "smoke", "--api-port", "99999") == 4
    assert capsys.readouterr().err == "flags: --api-port: 99999 is not a port\n  → write 0 (any free one) to 65535\n"


def test_every_class_of_error_has_an_exit_code_of_its_own_above_the_verdicts() -> None:
    assert ERROR_CODES.keys() == set(StockstormError.__subclasses__())
    assert len({*ERROR_CODES.values()}) == len(ERROR_CODES)
    assert min(ERROR_CODES.values()) > max(VERDICT_CODES.values())
    assert exit_code(SubjectError("where", "found", "remedy")) == 5


@pytest.mark.parametrize("code", [code for code in ExitCode if code > ExitCode.UNKNOWN])
def test_the_readme_has_every_exit_code(code: ExitCode) -> None:
    assert f"({code:d})" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [[], ["--help"], ["run", "--help"]])
def test_help_is_a_success(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(*words) == 0
    assert "Usage" in capsys.readouterr().out


def test_an_unforeseen_exception_is_printed_with_its_traceback_and_is_no_verdict(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert exit_code_of(raising(OSError(28, "No space left on device"))) == ExitCode.INTERNAL
    printed = capsys.readouterr().err
    assert "internal failure: OSError: [Errno 28] No space left on device" in printed
    assert printed.index("→") < printed.index("Traceback")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(errno.ENAMETOOLONG, "long", "runs/" + "a" * 5_000), 4, "a…: it cannot be used (File name too long)"),
        (PermissionError(errno.EACCES, "denied", "runs/one"), 4, "runs/one: it cannot be used (Permission denied)"),
        (OSError(errno.ENOSPC, "full", b"runs/x"), 3, "runs/x: it cannot be written (No space left on device)"),
        (OSError(errno.EMFILE, "many"), 8, "this machine: Too many open files\n  → raise the limit of open files"),
        (RuntimeError("Symlink loop from '/a/b'"), 4, "/a/b: it links to itself\n  → give another path"),
        (FileNotFoundError(2, "No usable temporary directory found in ['/tmp']"), 3, "TMPDIR: no folder for temporary"),
        (MemoryError(), 8, "memory: there is none left\n  → "),
    ],
    ids=["name too long", "not allowed", "disk full", "open files", "link to itself", "temporary files", "memory"],
)
def test_what_the_system_refuses_is_told_without_a_traceback(
    error: Exception, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(raising(error)) == code
    printed = capsys.readouterr().err
    assert said in printed
    assert "Traceback" not in printed
    assert len(printed) < 600


@pytest.mark.parametrize(
    "words",
    [
        ("check", "NAME"),
        ("check", "one", "--runs", "NAME"),
        ("plan", "NAME"),
        ("run", "smoke", "--subject", "NAME/subject.toml"),
        ("regress", "NAME", "NAME"),
        ("doctor", "NAME/subject.toml"),
        ("trigger", "orders/create", "--to", "http://127.0.0.1:9/", "--ca", "NAME"),
    ],
    ids=" ".join,
)
def test_a_name_that_no_file_can_have_is_one_short_error(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    long = "n" * 5_000
    assert ended(*(word.replace("NAME", long) for word in words)) > ExitCode.UNKNOWN
    printed = capsys.readouterr().err
    assert "→" in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("length", [4_000, 70_000])
def test_a_long_path_is_told_whole_and_what_nobody_reads_is_cut(length: int) -> None:
    error = ScenarioError("--cloud", f"'{'x' * length}' is unknown", "write docker")
    assert (f"'{'x' * length}' is" in str(error)) == (length == 4_000)
    assert len(str(error)) < 5_000
    assert str(error).startswith("--cloud: 'xxx")
    assert str(error).endswith(" is unknown\n  → write docker")


def test_an_error_for_users_is_printed_unchanged(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(raising(BackingError("history.jsonl:100:", "[red]broken", "repair it"))) == 6
    assert capsys.readouterr().err == "history.jsonl:100:: [red]broken\n  → repair it\n"


def test_an_interruption_counts_as_a_shell_counts_it() -> None:
    assert exit_code_of(raising(KeyboardInterrupt())) == ExitCode.INTERRUPTED


@pytest.mark.parametrize("words", [["scenarios"], ["plan", "smoke"], ["plan", "smoke", "--digest"], ["--help"]])
def test_a_closed_output_ends_quietly_above_the_verdicts(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        assert ended(*words) == ExitCode.OUTPUT
    assert capsys.readouterr().err == ""


def test_the_supervisor_of_plain_locust_has_the_same_exit_codes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["process", str(tmp_path / "nowhere.json")])
    assert by_locust.main() == ExitCode.INTERNAL
    assert "internal failure: FileNotFoundError" in capsys.readouterr().err


@pytest.mark.parametrize("seed", ["-1", str(2**70)])
def test_a_plan_takes_the_seeds_that_a_run_takes(seed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("plan", "smoke", "--digest", "--seed", seed) == 4
    assert "--seed" in capsys.readouterr().err


def test_a_plan_is_written_also_where_its_digest_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "plan.jsonl"
    assert ended("plan", "smoke", "--digest", "--out", str(out)) == 0
    assert capsys.readouterr().out.strip() == hashlib.sha256(out.read_bytes()).hexdigest()
