"""Makes fauxqs available to the tests: the installed one, or one that `npm ci` installs from its lock file."""

import os
import shutil
import subprocess
from pathlib import Path

from stockstorm.loadtests.backing.cloud.emulators import FAUXQS_FOLDER, FOLDER_VARIABLE, find_fauxqs

INSTALL_WITHIN_S = 60


def why_fauxqs_is_unavailable(folder: Path) -> str:
    """Why fauxqs cannot be started, or "" if it can. Installs it in `folder` if necessary."""
    if find_fauxqs():
        return ""
    if shutil.which("npm") is None or shutil.which("node") is None:
        return "Node and npm are not installed"
    for name in ("package.json", "package-lock.json"):
        shutil.copy(FAUXQS_FOLDER / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0", "--fetch-timeout=20000"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"npm ci did not finish within {INSTALL_WITHIN_S} s"
    os.environ[FOLDER_VARIABLE] = str(folder / "node_modules" / "fauxqs")
    return "" if find_fauxqs() else f"npm ci exited with {done.returncode}: {done.stderr.strip()[-300:]}"
