"""Locust's web UI starts runs, one after the other, each with a fresh world and a folder of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from stockstorm.loadtests.processes.child import free_port
from stockstorm.loadtests.processes.launch import launched
from tests.running import ROOT, SHORT
from tests.stored_history import text_of
from tests.verdicts import wrong_apart_from_speed

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

LOOPBACK = "127.0.0.1"
PATIENCE_S = 80.0


@pytest.fixture
def web_ui(tmp_path: Path) -> Iterator[httpx.Client]:
    port = free_port(LOOPBACK)
    command = [sys.executable, "-m", "locust", "-f", "loadtests/locustfile.py", "--runs", str(tmp_path / "runs")]
    command += ["--web-port", str(port)]
    with (tmp_path / "locust.log").open("wb") as log:
        locust = subprocess.Popen(
            launched(command),
            cwd=ROOT,
            env=dict(os.environ),
            stdout=log,
            stderr=log,
        )
    try:
        with httpx.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=15.0) as client:
            wait_until_it_answers(client)
            assert listening_at(port) == {LOOPBACK}
            yield client
    finally:
        locust.send_signal(signal.SIGINT)
        locust.wait(PATIENCE_S)


def listening_at(port: int) -> set[str]:
    """The addresses with a listener at this port."""
    listening = [entry.laddr for entry in psutil.net_connections("inet") if entry.status == psutil.CONN_LISTEN]
    return {address.ip for address in listening if address and address.port == port}


def wait_until_it_answers(client: httpx.Client) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            client.get("/")
        except httpx.HTTPError:
            assert time.monotonic() < deadline, "the web UI did not come up"
            time.sleep(0.2)
        else:
            return


def runs_of(folder: Path) -> list[Path]:
    return sorted(folder.glob("2*"))


def wait_for_results(runs: Path, count: int) -> list[Path]:
    """The results of all runs so far. Files show the end of a run; the UI's state can be seconds old."""
    deadline = time.monotonic() + PATIENCE_S
    while len(found := [run / "result.json" for run in runs_of(runs) if (run / "result.json").exists()]) < count:
        assert time.monotonic() < deadline, found
        time.sleep(0.5)
    return found


def start(client: httpx.Client, runs: Path, seed: int, **more: str) -> None:
    """Starts a run as the form does, until there is one: Locust ignores a start while the last run is just ending."""
    form = {"scenario": "smoke", "load_seconds": SHORT, "seed": str(seed), **more}
    deadline, before = time.monotonic() + PATIENCE_S, runs_of(runs)
    while runs_of(runs) == before:
        assert time.monotonic() < deadline, "the UI refuses to start"
        client.post("/swarm", data=form)
        time.sleep(1.0)


def entries(client: httpx.Client) -> set[str]:
    """What the UI shows statistics of. They can be seconds old."""
    return {entry["method"] for entry in client.get("/stats/requests").json()["stats"]}


def test_two_starts_in_the_web_ui_are_two_judged_runs(web_ui: httpx.Client, tmp_path: Path) -> None:
    start(web_ui, tmp_path / "runs", seed=1)
    wait_for_results(tmp_path / "runs", 1)
    deadline = time.monotonic() + PATIENCE_S
    while not {"ACK", "FORGED", "SYNC"} <= entries(web_ui):
        assert time.monotonic() < deadline, entries(web_ui)
        time.sleep(0.2)
    start(web_ui, tmp_path / "runs", seed=2)
    results = [json.loads(path.read_text()) for path in wait_for_results(tmp_path / "runs", 2)]
    assert [(result["seed"], wrong_apart_from_speed(result)) for result in results] == [(1, {}), (2, {})]


def test_deliveries_in_flight_at_stop_stay_pending_and_do_not_count_against_the_subject(
    web_ui: httpx.Client, tmp_path: Path
) -> None:
    start(web_ui, tmp_path / "runs", seed=1, flaw="slow_handler")
    history = wait_for_load(tmp_path / "runs")
    assert web_ui.post("/stop").json()["success"]
    wait_for_results(tmp_path / "runs", 1)
    facts = [json.loads(line) for line in text_of(history).splitlines()]
    errors = Counter(fact.get("error", "") for fact in facts if fact["fact"] == "AttemptEnded")
    assert errors["disconnected"] == 0, errors
    assert any(fact["fact"] == "DeliveryEnded" and fact["outcome"] == "pending" for fact in facts)
    assert (facts[-1]["fact"], facts[-1].get("complete", False)) == ("RunEnded", False)


def wait_for_load(runs: Path) -> Path:
    """The history, once attempts are under way (of a slow handler, many are in flight)."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        history = runs / "latest" / "history.jsonl.zst"
        if history.is_file() and text_of(history).count('"DeliveryPlanned"') > 20:
            return history
        time.sleep(0.1)
    raise AssertionError("the load did not begin")
