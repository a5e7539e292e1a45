"""A whole run on real processes: PostgreSQL, receiver, worker, Locust; judged, reported, and judged again."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stockstorm.loadtests.backing.postgres import choose_backing
from tests.stored_history import facts_of, plain_bytes
from tests.verdicts import until_decided

pytestmark = [pytest.mark.e2e, pytest.mark.timed, pytest.mark.timeout(400)]

SEED = "11"
SECRETS = {
    "STOCKSTORM_ADMIN_TOKEN": "shpat_a1-known-beforehand",
    "STOCKSTORM_CLIENT_SECRET": "b2-known-beforehand",
    "STOCKSTORM_CHANNEL_TOKEN": "c3-known-beforehand",
    "STOCKSTORM_CHANNEL_SECRET": "d4-known-beforehand",
}
PASSWORD = "e5-known-beforehand"  # of the database


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def smoke(stockstorm: Any, runs: Path) -> Iterator[subprocess.CompletedProcess[str]]:
    """One run with secrets that are known beforehand, on a database of the user's own (which trusts any password)."""
    with choose_backing("embedded", "server") as server:
        url = server.url.replace("postgres@", f"postgres:{PASSWORD}@")
        assert PASSWORD in url
        words = ("run", "smoke", "--seed", SEED, "--postgres", url, "--runs", runs)
        yield until_decided(lambda: stockstorm(*words, **SECRETS))


@pytest.fixture(scope="module")
def result(smoke: subprocess.CompletedProcess[str], runs: Path) -> dict[str, Any]:
    assert smoke.returncode in (0, 1, 2), smoke.stderr
    found: dict[str, Any] = json.loads((runs / "latest" / "result.json").read_text())
    return found


def test_the_sound_service_passes_smoke_with_exit_code_0(
    smoke: subprocess.CompletedProcess[str], result: dict[str, Any]
) -> None:
    assert (smoke.returncode, result["verdict"], result["reasons"]) == (0, "valid", []), smoke.stdout + smoke.stderr


def test_the_output_ends_with_verdict_and_report_path(
    smoke: subprocess.CompletedProcess[str], result: dict[str, Any]
) -> None:
    assert "valid" in smoke.stdout
    assert "report.html" in smoke.stdout


def test_every_report_is_written(result: dict[str, Any], runs: Path) -> None:
    names = {path.name for path in (runs / "latest").iterdir()}
    wanted = {
        "history.jsonl.zst",
        "plan.jsonl",
        "result.json",
        "report.html",
        "junit.xml",
        "summary.md",
        "spec.json",
        "logs",
    }
    assert wanted <= names


def test_every_event_is_accounted_for(result: dict[str, Any], runs: Path) -> None:
    fired = sum(1 for fact in facts_of(runs / "latest") if fact["fact"] == "EventFired")
    classed = sum(count for effects in result["event_classes"].values() for count in effects.values())
    assert fired == classed > 0


def test_every_topic_of_shop_and_marketplace_was_fired(result: dict[str, Any], runs: Path) -> None:
    topics = {fact["topic"] for fact in facts_of(runs / "latest") if fact["fact"] == "EventFired"}
    assert topics == {
        "inventory_levels/update",
        "orders/create",
        "orders/paid",
        "orders/updated",
        "orders/cancelled",
        "refunds/create",
        "products/update",
        "order.created",
        "order.cancelled",
        "order.returned",
    }


def test_the_plan_of_the_run_is_the_plan_of_the_seed(result: dict[str, Any], stockstorm: Any, runs: Path) -> None:
    planned = stockstorm("plan", "smoke", "--seed", SEED)
    assert planned.stdout == (runs / "latest" / "plan.jsonl").read_text()
    assert stockstorm("plan", "smoke", "--seed", SEED, "--digest").stdout.strip() == result["plan_digest"]


def test_checking_again_needs_nothing_but_the_history(result: dict[str, Any], stockstorm: Any, runs: Path) -> None:
    folder = runs / "copy"
    folder.mkdir()
    (folder / "history.jsonl.zst").write_bytes((runs / "latest" / "history.jsonl.zst").read_bytes())
    again = stockstorm("check", folder, "--runs", runs)
    assert again.returncode == 0, again.stdout + again.stderr
    assert json.loads((folder / "result.json").read_text()) == result


def test_no_secret_is_in_any_file_or_output_of_the_run(smoke: subprocess.CompletedProcess[str], runs: Path) -> None:
    files = [path for path in (runs / "latest").resolve().rglob("*") if path.is_file()]
    assert {"spec.json", "history.jsonl.zst", "report.html", "locust.log"} <= {path.name for path in files}
    texts = {path.name: plain_bytes(path) for path in files}
    texts |= {"standard output": smoke.stdout.encode(), "standard error": smoke.stderr.encode()}
    found = {
        (secret, name) for secret in (*SECRETS.values(), PASSWORD) for name in texts if secret.encode() in texts[name]
    }
    assert found == set()


def test_the_replay_names_the_database_by_its_variable(result: dict[str, Any], runs: Path) -> None:
    replay = json.loads((runs / "latest" / "spec.json").read_text())["replay"]
    assert replay == f'stockstorm run smoke --seed {SEED} --postgres "$STOCKSTORM_POSTGRES_URL"'
    assert result["replay"] == replay
