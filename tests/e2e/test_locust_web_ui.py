"""Locust's web UI starts runs, one after the other, each with a fresh world and a folder of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from loadtests.subjects.ports import free_port
from tests.running import ROOT

pytestmark = pytest.mark.e2e


@pytest.fixture
def web_ui(tmp_path: Path) -> Iterator[httpx.Client]:
    port = free_port("127.0.0.1")
    command = [sys.executable, "-m", "locust", "-f", "loadtests/locustfile.py", "--runs", str(tmp_path / "runs")]
    command += ["--web-host", "127.0.0.1", "--web-port", str(port)]
    with (tmp_path / "locust.log").open("wb") as log:
        locust = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5.0) as client:
            wait_until_it_answers(client)
            yield client
    finally:
        locust.send_signal(signal.SIGINT)
        locust.wait(20)


def wait_until_it_answers(client: httpx.Client) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            client.get("/")
        except httpx.HTTPError:
            assert time.monotonic() < deadline, "the web UI did not come up"
            time.sleep(0.2)
        else:
            return


def wait_until_stopped(client: httpx.Client) -> set[str]:
    """Kinds of entries that the statistics show in the end."""
    deadline = time.monotonic() + 50
    while True:
        time.sleep(0.5)
        found = client.get("/stats/requests").json()
        if found["state"] == "stopped":
            return {entry["method"] for entry in found["stats"]}
        assert time.monotonic() < deadline, found["state"]


def test_two_starts_in_the_web_ui_are_two_judged_runs(web_ui: httpx.Client, tmp_path: Path) -> None:
    for seed in ("1", "2"):
        assert web_ui.post("/swarm", data={"scenario": "smoke", "seed": seed}).json()["success"]
        assert {"ACK", "FORGED", "SYNC"} <= wait_until_stopped(web_ui)
    results = [json.loads(path.read_text()) for path in sorted((tmp_path / "runs").glob("2*/result.json"))]
    assert [(result["seed"], result["verdict"]) for result in results] == [(1, "valid"), (2, "valid")]
