"""From what a user asked for to a run's specification and folder."""

import shlex
import time
from pathlib import Path

import msgspec

from loadtests.provenance import read_provenance
from loadtests.spec import RunSpec
from loadtests.subjects.architectures import ARCHITECTURES, DEFAULT
from loadtests.subjects.flaws import FLAWS
from reports.store import create_run_folder
from scenarios.fault_flags import with_faults
from scenarios.flags import with_flags
from scenarios.loader import load
from scenarios.safety_stock_flag import with_safety_stock
from scenarios.spec import Scenario
from simulator.errors import ScenarioError

SEED_MAX = 2**63 - 1


class RunOptions(msgspec.Struct, frozen=True):
    """Flags of `stockstorm run` and of the locustfile."""

    scenario: str
    seed: int = 1
    rate: float | None = None  # events a second
    seconds: float | None = None
    faults: tuple[str, ...] = ()  # e.g. "kill_worker@10"
    subject: str = "reference"
    flaw: str = ""
    safety_stock: int | None = None  # units; None: the scenario's own
    postgres: str = "embedded"
    cloud: str = "embedded"
    api_port: int = 0
    runs: Path = Path("runs")


def make_scenario(options: RunOptions) -> Scenario:
    """The scenario with flags applied. Raises ScenarioError with every problem."""
    scenario = with_flags(load(options.scenario), rate=options.rate, seconds=options.seconds)
    return with_safety_stock(with_faults(scenario, options.faults), options.safety_stock)


def make_spec(options: RunOptions) -> RunSpec:
    """Validates the options and makes the run's folder, with `spec.json` in it."""
    scenario = make_scenario(options)
    if options.flaw and options.flaw not in FLAWS:
        raise ScenarioError("--flaw", f"there is no flaw {options.flaw!r}", f"one of: {', '.join(sorted(FLAWS))}")
    if not 0 <= options.seed <= SEED_MAX:
        raise ScenarioError("--seed", f"{options.seed} is out of range", f"a whole number from 0 to {SEED_MAX}")
    subject = DEFAULT if options.subject == "reference" else options.subject
    if subject not in ARCHITECTURES and "://" not in subject:
        known = ", ".join(ARCHITECTURES)
        raise ScenarioError("--subject", f"{subject!r} is unknown", f"one of {known}, or the URL of a running service")
    postgres = options.postgres if options.postgres in ("embedded", "docker") else "url"
    run = f"{time.strftime('%Y%m%d-%H%M%S')}-{scenario.name}-{options.seed}" + (
        f"-{options.flaw}" if options.flaw else ""
    )
    folder = create_run_folder(options.runs, run)
    spec = RunSpec(
        run=folder.run,
        folder=str(folder.path.resolve()),
        scenario=scenario.model_dump(mode="json"),
        seed=options.seed,
        subject=subject,
        flaw=options.flaw,
        postgres=postgres,
        cloud=options.cloud,
        api_port=options.api_port,
        replay=_replay(options, postgres),
        provenance=read_provenance(),
    )
    (folder.path / "spec.json").write_bytes(msgspec.json.format(msgspec.json.encode(spec)))
    return spec


def _replay(options: RunOptions, postgres: str) -> str:
    words = ["stockstorm", "run", options.scenario, "--seed", str(options.seed)]
    if options.rate:
        words += ["--rate", f"{options.rate:g}"]
    if options.seconds:
        words += ["--seconds", f"{options.seconds:g}"]
    for fault in options.faults:
        words += ["--fault", fault]
    if options.subject != "reference":
        words += ["--subject", options.subject]
    if options.flaw:
        words += ["--flaw", options.flaw]
    if options.safety_stock is not None:
        words += ["--safety-stock", str(options.safety_stock)]
    for flag, value in (("--postgres", postgres), ("--cloud", options.cloud)):
        if value in ("docker", "real"):
            words += [flag, value]
    return shlex.join(words)
