"""Plain Locust without `stockstorm run`: headless with the locustfile, which starts its own orchestrator process."""

import json
from pathlib import Path

import pytest

from tests.running import SHORT, run_module
from tests.verdicts import code_of, wrong_apart_from_speed

pytestmark = pytest.mark.e2e


def test_headless_locust_runs_judges_and_exits_with_the_code_of_the_verdict(tmp_path: Path) -> None:
    arguments = [
        "-f",
        "loadtests/locustfile.py",
        "--headless",
        "--scenario",
        "smoke",
        "--seed",
        "5",
        "--seconds",
        SHORT,
        "--runs",
        str(tmp_path),
    ]
    done = run_module("locust", [*arguments, "--stop-timeout", "6"], {})
    result = json.loads((tmp_path / "latest" / "result.json").read_text())
    assert wrong_apart_from_speed(result) == {}, done.stdout + done.stderr
    assert done.returncode == code_of(result)
    for entry in ("ACK", "SYNC", "FORGED"):
        assert entry in done.stdout + done.stderr
