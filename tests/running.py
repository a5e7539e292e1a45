"""Runs a module as a user would: a process of its own, bounded in time."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RUN_WITHIN_S = 110


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


def is_valid_unless_late(result: dict[str, Any]) -> bool:
    """Whether a run is valid, or unknown because its load generator was late, as it can be on a busy machine."""
    (generator,) = (check for check in result["checks"] if check["name"] == "generator")
    return bool(result["verdict"] == ("valid" if generator["verdict"] == "valid" else "unknown"))
