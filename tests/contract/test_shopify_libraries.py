"""Shopify's own client libraries, unmodified but for their address, make their ordinary calls against the played APIs.

`make test` installs them into environments of their own. Where that failed, the tests are skipped and say so.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.admin_calls import TOKEN
from tests.contract.shopify_libraries.live_shop import ORDERS
from tests.running import ROOT
from tests.small_world import small_catalogue, small_config

FOLDER = Path(__file__).parent / "shopify_libraries"
NODE_PACKAGE = FOLDER / "node_modules" / "@shopify" / "shopify-api"
PYTHON = ROOT / ".venv" / "shopify" / "bin" / "python"
MISSING = "make test installs Shopify's library for {}; it could not"
CALLS_WITHIN_S = 60


@pytest.fixture
def port() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.contract.shopify_libraries.live_shop"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as shop:
        assert shop.stdout is not None
        yield shop.stdout.readline().strip()
        shop.terminate()


def answered(command: list[str], port: str, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """What a script of a library prints."""
    words, within_s = [*command, port, TOKEN], CALLS_WITHIN_S
    run = subprocess.run(
        words, cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=within_s, check=False
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def assert_common(found: dict[str, Any]) -> None:
    numbers = [number for page in found["pages"] for number in page]
    assert [len(page) for page in found["pages"]] == [3, 3, 1]
    assert numbers == sorted(numbers, reverse=True)
    assert found["count"] == len(set(numbers)) == ORDERS
    assert found["sku"] in [product.sku for product in small_catalogue().products]
    assert found["locations"] == len(small_catalogue().locations)
    before, adjusted, written = found["levels"]
    assert (adjusted, written) == (before - 2, 5)
    assert (found["topics"], found["left"]) == (["orders/create"], 0)


def test_the_python_library_reads_orders_writes_levels_and_registers_webhooks(port: str) -> None:
    if not PYTHON.exists():
        pytest.skip(MISSING.format("Python"))
    found = answered([str(PYTHON), "-W", "ignore", "calls.py"], port)
    assert_common(found)
    assert found["refused"] == ["address for this topic has already been taken"]
    assert found["scopes"] == list(small_config().app.scopes)
    assert found["graphql"]


def test_the_node_library_reads_orders_writes_levels_and_registers_webhooks(port: str) -> None:
    if shutil.which("node") is None or not NODE_PACKAGE.exists():
        pytest.skip(MISSING.format("Node"))
    found = answered(["node", "calls.mjs"], port)
    assert_common(found)
    assert found["missing"] == 404
