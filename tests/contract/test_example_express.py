"""The example in Express, as its page says: started by its subject file, its library led to the shop over HTTPS.

`make test` installs what it needs beside Shopify's library. Where that failed, the tests are skipped and say so.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.contract.test_shopify_libraries import FOLDER, MISSING
from tests.running import ROOT, run_module
from tests.verdicts import wrong_apart_from_speed

EXAMPLE = ROOT / "docs" / "examples" / "express"
MODULES = FOLDER / "node_modules"
WITHIN_S = 110
# A short shop with what comes twice, in another order, or forged. No bound on time: other tests run beside it.
SCENARIO = """
title = "What an example must survive"
shows = "Repeated, reordered and forged deliveries."
[shop]
skus = 30
stock = 500
[[channels]]
name = "online"
[[channels]]
name = "bazaar"
[[channels]]
name = "mercado"
[[phases]]
name = "calm"
kind = "constant"
seconds = 5.0
rate = 20.0
[orders]
lines_max = 2
cancel_share = 0.2
cancel_after_s = 0.5
return_share = 0.3
return_after_s = 0.7
restock_share = 0.7
[events]
restocks_per_s = 1.0
forgeries_per_s = 3.0
[[perturbations]]
kind = "duplicate"
share = 0.1
seconds = 0.3
[quotas]
resent = 5
near_duplicate = 5
late_duplicate = 5
cancel_before_create = 5
return_then_cancel = 5
two_lines = 5
[quiesce]
quiet_s = 1.5
max_s = 40.0
"""


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """The example in a folder of its own, installed."""
    if shutil.which("node") is None or not (MODULES / "express").exists():
        pytest.skip(MISSING.format("Node"))
    folder = shutil.copytree(EXAMPLE, tmp_path / "express", ignore=shutil.ignore_patterns("node_modules"))
    (folder / "node_modules").symlink_to(MODULES)
    return folder


def run(service: Path, tmp_path: Path, *options: str) -> dict[str, Any]:
    scenario = tmp_path / "example.toml"
    scenario.write_text(SCENARIO)
    words = ["run", str(scenario), "--subject", str(service / "subject.toml"), "--runs", str(tmp_path / "runs")]
    environment = {"XDG_DATA_HOME": str(tmp_path / "data")}
    done = run_module("stockstorm", [*words, *options], environment, within_s=WITHIN_S)
    log = tmp_path / "runs" / "latest" / "logs" / "service.log"
    assert done.returncode < 3, done.stdout + done.stderr + (log.read_text() if log.exists() else "")
    found: dict[str, Any] = json.loads((tmp_path / "runs" / "latest" / "result.json").read_text())
    return found


@pytest.mark.e2e
def test_it_is_valid_though_killed_and_its_library_came_over_https(service: Path, tmp_path: Path) -> None:
    """Its one process receives and works, so a fault of the worker hits it."""
    result = run(service, tmp_path, "--fault", "kill_worker@2.5+0.3")
    checks = {check["name"]: check["verdict"] for check in result["checks"]}
    assert wrong_apart_from_speed(result) == {}
    assert [checks[name] for name in ("nothing_lost", "applied_twice", "forged", "drift")] == ["valid"] * 4
    assert any("https://stockstorm-demo.myshopify.com" in note for note in result["notes"]), result["notes"]
    assert any(note.endswith("these faults hit all of it: kill_worker") for note in result["notes"]), result["notes"]


@pytest.mark.e2e
@pytest.mark.prove
def test_without_its_check_of_signatures_it_is_not(service: Path, tmp_path: Path) -> None:
    server = service / "server.mjs"
    text = server.read_text()
    refusal = "if (!told.valid) return response.status(401).end();"
    assert refusal in text
    server.write_text(text.replace(refusal, ""))
    checks = {check["name"]: check["verdict"] for check in run(service, tmp_path)["checks"]}
    assert checks["forged"] == "invalid"
