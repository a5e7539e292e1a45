"""The image for CI: it is built, runs without rights, and plays a run against a service that it starts itself.

STOCKSTORM_IMAGE_PYTHON names another tag of the image `python` to build on, PIP_INDEX_URL another package index.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import stockstorm
from tests.contract.availability import CONTAINER, why_image_is_unavailable
from tests.running import ROOT

pytestmark = [*CONTAINER, pytest.mark.prove]

TAG = f"stockstorm-test-{os.getpid()}"
BUILT_WITHIN_S = 540
RUN_WITHIN_S = 120
NO_INDEX = (
    "NewConnectionError",
    "NameResolutionError",
    "Temporary failure in name resolution",
    "Network is unreachable",
)
SERVICE = "/repository/tests/strangers/sweep/subject.toml"  # Python's standard library is all that it needs
SECRETS = ("CLIENT_SECRET", "ADMIN_TOKEN", "CHANNEL_TOKEN", "CHANNEL_SECRET")


def docker(*words: str, within_s: float = RUN_WITHIN_S) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *words], cwd=ROOT, capture_output=True, text=True, timeout=within_s, check=False)


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    """Built from the working tree, or a skip with the reason."""
    python = os.environ.get("STOCKSTORM_IMAGE_PYTHON") or base_of((ROOT / "Dockerfile").read_text())
    if why := why_image_is_unavailable(f"python:{python}"):
        pytest.skip(f"the image is NOT tested: {why}")
    index = ["--build-arg", "PIP_INDEX_URL"] if "PIP_INDEX_URL" in os.environ else []
    words = ["build", "--network", "host", "--build-arg", f"PYTHON={python}", *index, "--tag", TAG, "."]
    done = docker(*words, within_s=BUILT_WITHIN_S)
    told = done.stdout + done.stderr
    if done.returncode and any(sign in told for sign in NO_INDEX):
        pytest.skip("the image is NOT tested: no package index was reached while it was built")
    assert done.returncode == 0, told[-3_000:]
    yield TAG
    docker("image", "rm", "--force", TAG)


def base_of(dockerfile: str) -> str:
    found = re.search(r"^ARG PYTHON=(\S+)$", dockerfile, re.MULTILINE)
    assert found is not None
    return found[1]


def test_it_is_the_command_line_of_a_user_without_rights(image: str) -> None:
    version = docker("run", "--rm", image, "--version")
    assert (version.returncode, version.stdout) == (0, f"stockstorm {stockstorm.__version__}\n"), version.stderr
    assert docker("run", "--rm", "--entrypoint", "id", image, "-u").stdout == "1000\n"


def test_it_is_the_core_alone_and_says_what_the_reference_service_needs(image: str) -> None:
    refused = docker("run", "--rm", image, "run", "smoke")
    assert refused.returncode == 4
    assert "pip install 'stockstorm[reference]'" in refused.stderr


def test_a_run_in_it_is_judged_and_its_files_belong_to_who_started_it(image: str, tmp_path: Path) -> None:
    mine = f"{os.getuid()}:{os.getgid()}"
    mounted = ["--volume", f"{ROOT}:/repository:ro", "--volume", f"{tmp_path}:/work"]
    secrets = [word for name in SECRETS for word in ("--env", f"{name}=of-a-test")]
    done = docker(
        "run", "--rm", "--init", "--user", mine, *mounted, *secrets, image, "run", "smoke", "--subject", SERVICE
    )
    late = "generator" in done.stdout + done.stderr
    assert done.returncode == 0 or (done.returncode == 2 and late), done.stdout + done.stderr
    report = tmp_path / "runs" / "latest" / "report.html"
    assert report.stat().st_uid == os.getuid()
