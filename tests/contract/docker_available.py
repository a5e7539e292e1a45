"""Whether a Docker engine is reachable and has an image or can pull it."""

import shutil
import subprocess
from functools import cache
from typing import Final

import pytest

PULL_WITHIN_S: Final = 420
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
