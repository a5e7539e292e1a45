"""Runs a stranger as a process, and Stockstorm against it, as a user of both would.

python -m tests.strangers.trial stockroom smoke --seeds 1-10
python -m tests.strangers.trial stockroom smoke --bug first_line_only
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from stockstorm.loadtests.config.checks import SECRETS
from stockstorm.loadtests.processes.child import free_port
from stockstorm.scenarios import load
from tests.running import ROOT, run_module

HERE = Path(__file__).parent
SHOP = "stockstorm-demo.myshopify.com"
STRANGERS = ("stockroom", "relay", "sweep")
WAYS = "ways."
RUN_WITHIN_S = 240
TRADE = {"oversell", "refused_though_available", "lost_units", "crisis_time"}
STOP_WITHIN_S = 5


class Trial(NamedTuple):
    """One run: what `stockstorm run` printed and wrote."""

    code: int
    output: str
    result: dict[str, Any]
    log: str

    @property
    def verdict(self) -> str:
        return str(self.result.get("verdict", f"exit {self.code}"))

    @property
    def failed(self) -> list[str]:
        """Names of the checks that are neither valid nor without a judgement of their own."""
        return [check["name"] for check in self.result.get("checks", ()) if check["verdict"] in {"invalid", "unknown"}]

    @property
    def accusations(self) -> list[str]:
        """What its incidents hold against a service, whatever the verdict: those of trade itself are nobody's fault."""
        checks = (check for check in self.result.get("checks", ()) if check["name"] not in TRADE)
        return [f"{check['name']}: {incident['text']}" for check in checks for incident in check["incidents"]]

    @property
    def causes(self) -> list[str]:
        """Causes that the diagnoses name, the first one first."""
        return [found["cause"] for found in self.result.get("diagnoses", ())]


def node() -> str | None:
    """The path of Node. None: it is not installed."""
    return shutil.which("node")


def command(stranger: str, bug: str | None) -> list[str]:
    """How its user starts it. A bug is a file of its own, which composes the same service in another way.

    So is a sound way of doing the same, "ways.by_rest", which has its name from its folder.
    """
    if stranger == "relay":
        program = node()
        if program is None:
            raise FileNotFoundError("node is not installed")
        return [program, str(HERE / stranger / (f"bugs/{bug}.mjs" if bug else "service.mjs"))]
    return [sys.executable, "-m", f"tests.strangers.{stranger}.{_module(bug)}"]


def _module(bug: str | None) -> str:
    if bug is None:
        return "service"
    return bug if bug.startswith(WAYS) else f"bugs.{bug}"


def bugs(stranger: str) -> list[str]:
    """Names of its bugs."""
    return sorted(path.stem for path in (HERE / stranger / "bugs").glob("[a-z]*.*"))


@contextmanager
def running(stranger: str, bug: str | None, environment: dict[str, str], log: Path) -> Iterator[None]:
    """The service's process, until the end of the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command(stranger, bug), cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=output
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def trial(stranger: str, scenario: str, folder: Path, *options: str, bug: str | None = None) -> Trial:
    """One run of `scenario` against a fresh process of `stranger`, with the run's folder in `folder`."""
    port, probe_port, api_port = (free_port("127.0.0.1") for _ in range(3))
    secrets = {name: f"{name} of both sides" for name in SECRETS}
    world = load(scenario)
    channels = [channel.name for channel in world.channels if channel.name != "online"]
    state = folder / "state"
    for old in folder.glob("state*"):
        old.unlink()
    environment = {
        "PORT": str(port),
        "PROBE_PORT": str(probe_port),
        "GRAPHQL_URL": f"http://127.0.0.1:{api_port}/admin/api/{world.shop.api_version}/graphql.json",
        "SHOP_DOMAIN": SHOP,
        "CHANNELS": ",".join(channels),
        "CHANNEL_URL": f"http://127.0.0.1:{api_port}/marketplaces/{{channel}}/v1",
        "STATE": str(state),
        **{name.upper(): value for name, value in secrets.items()},
    }
    words = ["run", scenario, "--subject", f"http://127.0.0.1:{port}/webhooks", "--api-port", str(api_port)]
    words += ["--runs", str(folder / "runs"), *options]
    if stranger == "stockroom":
        words += ["--probe-url", f"http://127.0.0.1:{probe_port}"]
    with running(stranger, bug, environment, folder / "service.log"):
        spoken = {SECRETS[name]: value for name, value in secrets.items()}
        done = run_module("stockstorm", words, spoken, within_s=RUN_WITHIN_S)
    written = folder / "runs" / "latest" / "result.json"
    result = json.loads(written.read_text()) if done.returncode < 3 else {}
    return Trial(done.returncode, done.stdout + done.stderr, result, (folder / "service.log").read_text())


def main() -> None:
    """Prints a line for each run, and the first screen of each that is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stranger", choices=STRANGERS)
    parser.add_argument("scenario")
    parser.add_argument("--seeds", default="1", help="3, or 1-10")
    parser.add_argument("--bug", help="one of its bugs, or `all`")
    parser.add_argument("--runs", type=Path, help="keep the runs here")
    known, options = parser.parse_known_args()
    first, _, last = known.seeds.partition("-")
    for bug in bugs(known.stranger) if known.bug == "all" else [known.bug]:
        for seed in range(int(first), int(last or first) + 1):
            folder = known.runs or Path(tempfile.mkdtemp(prefix="trial-"))
            folder.mkdir(parents=True, exist_ok=True)
            done = trial(known.stranger, known.scenario, folder, "--seed", str(seed), *options, bug=bug)
            print(known.stranger, known.scenario, seed, bug or "sound", done.verdict, *done.failed, flush=True)
            told = [("cause", cause) for cause in done.causes]
            told += [("accused", text) for text in done.accusations] if not bug else []
            print(*(f"  {kind}: {text}\n" for kind, text in told), sep="", end="", flush=True)
            if bug or done.verdict != "valid":
                print(done.output)
                print("  log:", folder, done.log[-600:])


if __name__ == "__main__":
    main()
