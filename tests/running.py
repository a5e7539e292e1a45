"""Runs a module as a user would: a process of its own, bounded in time."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUN_WITHIN_S = 110


def run_module(module: str, arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`python -m module arguments` from the repository's root, bounded in time."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "160", **environment},
        capture_output=True,
        text=True,
        timeout=RUN_WITHIN_S,
        check=False,
    )
