"""Shopify's own libraries, unmodified and with no word about addresses, reach a played shop over HTTPS.

They call `https://{shop}.myshopify.com`. The environment leads them there, by a proxy variable or by a hosts line.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stockstorm.loadtests.https.process import start_front
from stockstorm.simulator.shop.app import CLIENT_ID
from tests.admin_calls import TOKEN
from tests.contract.test_shopify_libraries import (
    CALLS_WITHIN_S,
    FOLDER,
    MISSING,
    NODE_PACKAGE,
    PYTHON,
    answered,
    assert_common,
)
from tests.running import ROOT

DOMAIN = "stockstorm-demo.myshopify.com"
SECRET = "hush"
SCRIPTS = {"Python": [str(PYTHON), "-W", "ignore", "calls.py"], "Node": ["node", "calls.mjs"]}
LIBRARY = pytest.mark.parametrize("library", SCRIPTS)


def require_library(library: str) -> None:
    there = PYTHON.exists() if library == "Python" else NODE_PACKAGE.exists() and shutil.which("node") is not None
    if not there:
        pytest.skip(MISSING.format(library))


@contextmanager
def led(folder: Path, monkeypatch: pytest.MonkeyPatch, module: str, *arguments: str) -> Iterator[dict[str, str]]:
    """An environment that leads the shop's domain to the shop that this module plays."""
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    for name in ("SSL_CERT_FILE", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    command = [sys.executable, "-m", f"tests.contract.shopify_libraries.{module}", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as shop:
        assert shop.stdout is not None
        api = f"http://127.0.0.1:{shop.stdout.readline().strip()}"
        front, place = start_front(api, DOMAIN, "127.0.0.1", 0, 0, folder / "log")
        try:
            yield {**os.environ, **place.environment(os.environ)}
        finally:
            front.stop()
            shop.terminate()


@LIBRARY
def test_by_a_proxy_variable(library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_library(library)
    with led(tmp_path, monkeypatch, "live_shop") as environment:
        assert_common(answered(SCRIPTS[library], "0", environment))


@LIBRARY
def test_by_a_hosts_line(library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_library(library)
    alone = ["unshare", "--net", "--mount"]
    if any(shutil.which(program) is None for program in ("unshare", "ip", "mount")):
        pytest.skip("a network of its own needs unshare, ip and mount")
    if subprocess.run([*alone, "ip", "link", "set", "lo", "up"], capture_output=True, check=False).returncode:
        pytest.skip("a network of its own needs root")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    script = [*SCRIPTS[library][:-1], str(FOLDER / SCRIPTS[library][-1]), "0", TOKEN]
    command = [*alone, sys.executable, "-m", "tests.contract.shopify_libraries.hosts_line", str(tmp_path), *script]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=CALLS_WITHIN_S, check=False)
    assert run.returncode == 0, run.stderr
    assert_common(json.loads(run.stdout))


def test_the_node_library_installs_an_app_and_gets_tokens_by_every_grant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_library("Node")
    with led(tmp_path, monkeypatch, "oauth_shop", SECRET) as environment:
        command = ["node", "install.mjs", CLIENT_ID, SECRET]
        run = subprocess.run(
            command, cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=CALLS_WITHIN_S, check=False
        )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    tokens = found.pop("tokens")
    assert all(token.startswith("shpat_") for token in tokens)
    assert len(set(tokens)) == len(tokens)
    assert found == {
        "back": True,
        "install": [f"offline_{DOMAIN}", "read_orders", False],
        "refreshes": [True, True, True],
        "user": "owner@example.com",
        "again": 400,
        "forged": [400, "InvalidOAuthError"],
    }
