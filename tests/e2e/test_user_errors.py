"""Every mistake of a user gets a clear error with a remedy, an exit code above 2, and no traceback.

What is refused before a process is started is tried in this one: to start the program takes longer than to refuse.
"""

import socket
from pathlib import Path
from typing import Any

import pytest

from stockstorm.loadtests.config.own_checks import SECRETS
from stockstorm.loadtests.processes.child import free_port
from stockstorm.simulator.history.facts import PhaseStarted
from tests.e2e.conftest import InProcess
from tests.running import run_module
from tests.stored_history import plain_bytes, sealed

pytestmark = pytest.mark.e2e

BAD_SCENARIO = """
title = "bad"
shows = "everything that can be wrong"
channels = [{name = "bazaar"}]
phases = [{name = "p", seconds = -1, ratee = 5}]
[expect]
"sync_latency_ms.p95" = "quick"
"""


def expect_error(done: Any, code: int, *words: str) -> None:
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert "→" in done.stderr
    for word in words:
        assert word in done.stderr


def test_an_unknown_scenario_is_answered_with_the_known_ones(in_process: InProcess, tmp_path: Path) -> None:
    expect_error(in_process("run", "flash_sail", "--runs", tmp_path), 4, "flash_sail", "flash_sale")


def test_a_bad_scenario_file_gets_all_its_errors_at_once(in_process: InProcess, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(BAD_SCENARIO)
    done = in_process("run", path, "--runs", tmp_path)
    expect_error(done, 4, "phases.0.seconds", "phases.0.ratee", "rate", "sync_latency_ms.p95", "quick", "online")


def test_an_unknown_flaw_is_answered_with_the_known_ones(in_process: InProcess, tmp_path: Path) -> None:
    expect_error(in_process("run", "smoke", "--flaw", "lazy", "--runs", tmp_path), 4, "lazy", "slow_handler")


def test_a_wrong_flag_is_no_verdict(in_process: InProcess, tmp_path: Path) -> None:
    expect_error(in_process("run", "smoke", "--rat", "3", "--runs", tmp_path), 4, "--rat", "stockstorm run --help")


def test_a_database_that_is_down_is_exit_6_and_is_named_without_its_password(stockstorm: Any, tmp_path: Path) -> None:
    url = "postgresql://someone:hush-hush@127.0.0.1:9/shop"
    done = stockstorm("run", "smoke", "--postgres", url, "--runs", tmp_path)
    words = (
        "PostgreSQL at 127.0.0.1:9/shop: nothing answers",
        "correct host and port",
        f"files of the run: {tmp_path}/",
    )
    expect_error(done, 6, *words)
    everything = (
        done.stderr
        + done.stdout
        + "".join(plain_bytes(path).decode() for path in tmp_path.rglob("*.json*") if path.is_file())
    )
    assert "hush-hush" not in everything


def test_a_subject_that_is_down_is_exit_5(stockstorm: Any, tmp_path: Path) -> None:
    url = "http://127.0.0.1:9/webhooks"
    words = ["run", "smoke", "--subject", url, "--api-port", str(free_port("127.0.0.1"))]
    done = stockstorm(*words, "--runs", tmp_path, **dict.fromkeys(SECRETS.values(), "known"))
    expect_error(done, 5, f"{url}: nobody answers there", "start your service first", f"files of the run: {tmp_path}/")


def test_a_port_that_is_taken_is_reported_by_the_generator_and_keeps_its_exit_code(
    stockstorm: Any, tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = stockstorm("run", "smoke", "--api-port", str(port), "--runs", tmp_path)
    expect_error(done, 6, f"127.0.0.1:{port}: cannot listen", "files of the run")


def test_a_plan_that_is_too_large_is_exit_8_and_names_the_limit(stockstorm: Any, tmp_path: Path) -> None:
    done = stockstorm("run", "steady", "--rate", "100000", "--seconds", "86400", "--runs", tmp_path)
    expect_error(done, 8, "plan")


def test_a_plan_that_cannot_be_written_is_exit_3(in_process: InProcess, tmp_path: Path) -> None:
    done = in_process("plan", "smoke", "--out", tmp_path / "nowhere" / "plan.jsonl")
    expect_error(done, 3, "--out: ", "No such file", "name a file in a folder that can be written")


def test_a_wrong_database_is_reported_before_a_run_has_a_folder(in_process: InProcess, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    expect_error(in_process("run", "smoke", "--postgres", "dockr", "--runs", runs), 4, "dockr", "docker")
    assert sorted(path.relative_to(runs).as_posix() for path in runs.rglob("*")) == [
        "refused", "refused/error.json", "refused/junit.xml",
    ]  # fmt: skip


def test_a_subject_with_a_secret_in_its_url_is_reported_without_it(in_process: InProcess, tmp_path: Path) -> None:
    done = in_process("run", "smoke", "--subject", "http://me:hush@host/hooks?key=hush", "--runs", tmp_path)
    expect_error(done, 4, "http://host/hooks")
    assert "hush" not in done.stderr + done.stdout


def test_faults_on_a_service_of_ones_own_are_refused_before_load(in_process: InProcess, tmp_path: Path) -> None:
    words = ["run", "smoke", "--subject", "http://127.0.0.1:9/hooks", "--fault", "kill_worker@1"]
    expect_error(in_process(*words, "--runs", tmp_path), 4, "kill_worker", "without faults")


def test_plain_locust_refuses_a_database_url_without_repeating_its_password(tmp_path: Path) -> None:
    words = ["-f", "loadtests/locustfile.py", "--headless", "--postgres", "postgresql://me:hush@host/db"]
    done = run_module("locust", [*words, "--runs", str(tmp_path)], {})
    expect_error(done, 4, "STOCKSTORM_POSTGRES_URL")
    assert "hush" not in done.stderr + done.stdout


def test_a_corrupted_history_is_reported_with_file_and_block(in_process: InProcess, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    history = bytearray(sealed([PhaseStarted(at_ns=1, phase="x")] * 100, per_block=50))
    history[-20] ^= 1
    (folder / "history.jsonl.zst").write_bytes(bytes(history))
    expect_error(in_process("check", folder, "--runs", tmp_path), 7, "history.jsonl.zst, block 1", "--unsealed")


def test_a_run_that_does_not_exist_is_reported(in_process: InProcess, tmp_path: Path) -> None:
    expect_error(in_process("check", "no-such-run", "--runs", tmp_path), 7, "no-such-run")
