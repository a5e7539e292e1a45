"""Runs a module as a user would: a process of its own, bounded in time."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from stockstorm.loadtests.processes.child import free_port

ROOT = Path(__file__).resolve().parents[1]
RUN_WITHIN_S = 110
SHORT = "3"  # seconds of `smoke` in which everything that it plays occurs
SERVES_WITHIN_S = 60.0
SECRETS = {
    f"STOCKSTORM_{name}": f"{name} of a test"
    for name in ("ADMIN_TOKEN", "CLIENT_SECRET", "CHANNEL_TOKEN", "CHANNEL_SECRET")
}


def run_module(
    module: str, arguments: list[str], environment: dict[str, str], within_s: float = RUN_WITHIN_S
) -> subprocess.CompletedProcess[str]:
    """`python -m module arguments` from the repository's root, bounded in time."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "160", **environment},
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )


class Serving:
    """The process of `stockstorm serve`, its page, and its end. `ports` by the names of their flags."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.ports = {name: free_port("127.0.0.1") for name in ("port", "page-port", "https-port", "proxy-port")}
        self.page = f"http://127.0.0.1:{self.ports['page-port']}/"
        self.authority = folder / "ca"
        words = [word for name, port in self.ports.items() for word in (f"--{name}", str(port))]
        command = [sys.executable, "-m", "stockstorm", "serve", "--authority", str(self.authority), *words, *options]
        self.log = folder / "serve.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **SECRETS}, stdout=log, stderr=log)
        try:
            self._wait()
        except BaseException:
            self.end()
            raise

    def _wait(self) -> None:
        deadline = time.monotonic() + SERVES_WITHIN_S
        while "Ctrl-C ends it" not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def end(self) -> None:
        """Kills it, if it still runs."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(SERVES_WITHIN_S)


def triggered(serving: Serving, *words: str) -> tuple[int, Any]:
    """The exit code of `stockstorm trigger`, and the deliveries of which it tells, or what it says instead."""
    done = run_module("stockstorm", ["trigger", *words, "--server", serving.page, "--json"], {}, within_s=60)
    return done.returncode, json.loads(done.stdout)["deliveries"] if done.returncode < 3 else done.stderr
