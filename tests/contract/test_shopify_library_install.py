"""Shopify's own Python library, unmodified but for its address, installs an app at the played OAuth endpoints."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stockstorm.simulator.shop.app import CLIENT_ID
from tests.running import ROOT

FOLDER = Path(__file__).parent / "shopify_libraries"
PYTHON = ROOT / ".venv" / "shopify" / "bin" / "python"
SECRET = "hush"
WITHIN_S = 60


@pytest.fixture
def port() -> Iterator[str]:
    if not PYTHON.exists():
        pytest.skip("make test installs Shopify's library for Python; it could not")
    command = [sys.executable, "-m", "tests.contract.shopify_libraries.oauth_shop", SECRET]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as shop:
        assert shop.stdout is not None
        yield shop.stdout.readline().strip()
        shop.terminate()


def test_the_python_library_installs_an_app(port: str) -> None:
    command = [str(PYTHON), "-W", "ignore", "install.py", port, CLIENT_ID, SECRET]
    run = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found.pop("token").startswith("shpat_")
    assert found == {
        "back": True,
        "state": "a nonce & 100%",
        "genuine": True,
        "forged": False,
        "scopes": "read_orders",
    }
