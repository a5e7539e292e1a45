"""An output that is closed, full or limited to ASCII costs a judged run neither verdict, report nor exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import structs

from stockstorm.simulator.history.facts import RunEnded, RunStarted
from tests.literal_history import opened
from tests.running import ROOT, SHORT
from tests.stored_history import sealed
from tests.verdicts import code_of, wrong_apart_from_speed

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

# What a shell does to a command.
OUTPUTS = {
    "closed": "{} >&-",
    "full": "{} >/dev/full",
    "cut off": "{} | head -1",
    "closed error": "{} 2>&-",
    "full error": "{} 2>/dev/full",
    "both closed, no input": "{} <&- >&- 2>&-",
    "both full": "{} >/dev/full 2>/dev/full",
    "ascii": "PYTHONIOENCODING=ascii {}",
    "ascii locale": "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 {}",
}
FILES = ("result.json", "report.html", "junit.xml", "summary.md")


def under(shell: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The command line with its outputs changed by a shell. The exit code is the command's."""
    command = f"set -o pipefail; {shell.format(f'{sys.executable} -m stockstorm ' + ' '.join(words))}"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHONUTF8"))
    }
    return subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=280,
        check=False,
        text=True,
        errors="replace",
    )


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A run that was broken off, so its verdict is unknown, exit code 2."""
    folder = tmp_path / "run"
    folder.mkdir()
    end = RunEnded(at_ns=2 * 10**12, complete=False, reason="· interrupted → by a test")
    facts = [structs.replace(fact, plan_digest="0" * 64) if isinstance(fact, RunStarted) else fact for fact in opened()]
    (folder / "history.jsonl.zst").write_bytes(sealed([*facts, end]))
    return folder


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_judged_run_keeps_verdict_report_and_exit_code(stored: Path, output: str) -> None:
    done = under(OUTPUTS[output], "check", str(stored))
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    for name in FILES:
        assert (stored / name).stat().st_size > 100
    if output.startswith("ascii"):
        assert "UNKNOWN" in done.stdout
        assert "replay:" in done.stdout
        assert done.stdout.isascii()
    if output == "full":
        assert "standard output: it cannot be written (No space left on device)" in done.stderr
        assert "exit code 2" in done.stderr


@pytest.mark.parametrize("words", [["scenarios"], ["plan", "smoke"], ["--help"]], ids=" ".join)
@pytest.mark.parametrize(("output", "code"), [("full", 3), ("closed", 0), ("ascii", 0)])
def test_a_command_whose_output_is_all_that_it_makes_says_that_it_failed(
    words: list[str], output: str, code: int
) -> None:
    done = under(OUTPUTS[output], *words)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    if output == "full":
        assert done.stderr.startswith("standard output: it cannot be written (No space left on device)")


def test_a_whole_run_keeps_them_too(tmp_path: Path) -> None:
    words = ("run", "smoke", "--seconds", SHORT, "--runs", str(tmp_path))
    done = under("PYTHONIOENCODING=ascii {} >/dev/full 2>/dev/full", *words)
    result = json.loads((tmp_path / "latest" / "result.json").read_text())
    assert wrong_apart_from_speed(result) == {}, done.stderr
    assert done.returncode == code_of(result)
    for name in FILES:
        assert (tmp_path / "latest" / name).stat().st_size > 100


def test_the_errors_of_a_user_are_told_on_an_ascii_terminal() -> None:
    done = under("PYTHONIOENCODING=ascii {}", "check", "→")
    assert done.returncode == 7
    assert "Traceback" not in done.stderr
