"""Starts the receiver and the three generators as processes, and reads the figures of each run."""

import json
import os
import resource
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psutil

from tests.benchmarks.receiver import SECRET
from tests.running import ROOT

FOLDER = Path(__file__).parent
K6_PREPARED_USERS = 100

Figures = Callable[[str, float, int], dict[str, Any]]  # of what it printed, processor seconds, events accepted


class Run(msgspec.Struct, frozen=True):
    """One run of one generator."""

    generator: str
    acknowledged: int  # as the generator counts, over the time that its processor time covers
    accepted: int  # as the receiver counts, from start to end
    refused: int
    body_bytes: float  # mean, as received
    cpu_us: float  # processor time per acknowledged event
    receiver_cpu_us: float
    details: dict[str, Any] = {}


class Script(msgspec.Struct, frozen=True):
    """The parameters of a run of k6 or Locust."""

    samples: Path
    rate: float
    seconds: float
    splice: bool  # an id into constant text, instead of serialising an event

    @property
    def users(self) -> int:
        """Users (k6: at most) that hold the rate while answers take half a second, a tenth of what Shopify allows."""
        return max(10, round(self.rate / 2))

    def environment(self, url: str) -> dict[str, str]:
        return {
            "SECRET": SECRET.decode(),
            "SAMPLES": str(self.samples.resolve()),
            "SPLICE": "yes" if self.splice else "",
            "URL": url,
            "RATE": str(round(self.rate)),
            "SECONDS": str(round(self.seconds)),
            "USERS": str(self.users),
            "PREPARED_USERS": str(K6_PREPARED_USERS),
        }


class Receiver:
    """uvicorn with httptools and uvloop in one process."""

    OPTIONS = "--http httptools --loop uvloop --no-access-log --log-level error --lifespan off"

    def __init__(self, port: int) -> None:
        command = [sys.executable, "-m", "uvicorn", "tests.benchmarks.receiver:app", "--port", str(port)]
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen([*command, *self.OPTIONS.split()], cwd=ROOT)
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + 15
        while True:
            try:
                self.count()
                return
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def count(self) -> dict[str, int]:
        """What came since the last call: accepted, refused, bytes."""
        with urllib.request.urlopen(f"{self.url}/count") as answer:  # noqa: S310 - our own loopback URL
            counts: dict[str, int] = json.load(answer)
        return counts

    def cpu_s(self) -> float:
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def run_ours(receiver: Receiver, rate: float, seconds: float, folder: Path) -> Run:
    """Our generator; its own figures are in `details`."""
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.stockstorm_script",
        "--url",
        f"{receiver.url}/webhooks",
        "--rate",
        str(rate),
    ]
    command += ["--seconds", str(seconds), "--journal", str(folder / "history.jsonl.zst")]
    return _measured("ours", receiver, command, {}, lambda output, *_: json.loads(output.splitlines()[-1]))


def run_k6(receiver: Receiver, script: Script, start_s: float = 0.0) -> Run:
    """k6. `start_s` is the CPU time of the start, which is subtracted."""
    command = [str(Path(sys.executable).with_name("k6")), "run", "--quiet", "--no-usage-report", "--no-summary"]
    command.append(str(FOLDER / "k6_script.js"))

    def figures(_output: str, used_s: float, accepted: int) -> dict[str, Any]:
        return {"acknowledged": accepted, "cpu_us": (used_s - start_s) / accepted * 1e6, "cpu_s": used_s}

    return _measured("k6", receiver, command, script.environment(f"{receiver.url}/webhooks"), figures)


def k6_start_s(receiver: Receiver, script: Script) -> float:
    """CPU seconds that k6 needs to start with all its prepared users, measured with one event."""
    run = run_k6(receiver, msgspec.structs.replace(script, rate=1, seconds=1))
    return float(run.details["cpu_s"])


def run_locust(receiver: Receiver, script: Script, users: int | None = None) -> Run:
    """Plain Locust, headless. With as many users as an open model needs, unless `users` is given."""
    users = users or script.users
    environment = script.environment(f"{receiver.url}/webhooks") | {"USERS": str(users)}
    command = [sys.executable, "-m", "locust", "-f", str(FOLDER / "locust_script.py"), "--headless", "--only-summary"]
    command += ["-u", str(users), "-r", str(users), "-t", f"{script.seconds + users / 1_000:.0f}s"]
    command += ["--host", receiver.url, "--loglevel", "ERROR", "--stop-timeout", "2"]
    return _measured("locust", receiver, command, environment, _printed_figures)


def checked(command: list[str]) -> None:
    """Runs a command in the root of the repository. Raises CalledProcessError."""
    subprocess.run(command, cwd=ROOT, check=True, timeout=60)


def _printed_figures(output: str, _used_s: float, _accepted: int) -> dict[str, Any]:
    line = next(line for line in output.splitlines() if line.startswith('{"cpu_s"'))
    figures: dict[str, Any] = json.loads(line)
    return {**figures, "cpu_us": figures["cpu_s"] / max(1, figures["acknowledged"]) * 1e6}


def _measured(name: str, receiver: Receiver, command: list[str], extra: dict[str, str], figures: Figures) -> Run:
    environment = {**os.environ, **extra}
    receiver.count()
    receiver_before_s, before = receiver.cpu_s(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    receiver_s = receiver.cpu_s() - receiver_before_s
    counts = receiver.count()
    if counts["accepted"] == 0:
        raise RuntimeError(f"{name} sent nothing: {done.stderr[-2000:]}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    details = figures(done.stdout, cpu_s, counts["accepted"])
    return Run(
        generator=name,
        acknowledged=details["acknowledged"],
        accepted=counts["accepted"],
        refused=counts["refused"],
        body_bytes=counts["bytes"] / (counts["accepted"] + counts["refused"]),
        cpu_us=details["cpu_us"],
        receiver_cpu_us=receiver_s / counts["accepted"] * 1e6,
        details=details,
    )
