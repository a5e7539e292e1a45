"""Whether optional backings can be tested here: a Docker engine with an image, and the SQS emulator fauxqs."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from stockstorm.loadtests.backing.cloud.emulators import FAUXQS_FOLDER, FOLDER_VARIABLE, find_fauxqs

PULL_WITHIN_S: Final = 420
INSTALL_WITHIN_S: Final = 60
CONTAINER: Final = (pytest.mark.docker, pytest.mark.timeout(PULL_WITHIN_S + 180))


@cache
def why_docker_is_unavailable() -> str:
    """Why no Docker engine can be used, or "" if one can."""
    if shutil.which("docker") is None:
        return "no `docker` is on the PATH"
    done = _docker("info")
    return "" if done.returncode == 0 else f"docker info: {done.stderr.strip()[-300:]}"


@cache
def why_image_is_unavailable(image: str) -> str:
    """Why no container of this image can be started, or "" if one can."""
    if why := why_docker_is_unavailable():
        return why
    if _docker("image", "inspect", image).returncode == 0:
        return ""
    done = _docker("pull", "--quiet", image)
    return "" if done.returncode == 0 else f"docker pull {image}: {done.stderr.strip()[-300:]}"


def _docker(*words: str) -> subprocess.CompletedProcess[str]:
    command = ["timeout", str(PULL_WITHIN_S), "docker", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


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
