"""The life of an app with real processes: a sound service survives it, and of a flawed one the cause is named."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from stockstorm.scenarios.loader import CATALOGUE
from tests.stored_history import facts_of

pytestmark = pytest.mark.e2e

CHECKS = ("nothing_lost", "applied_twice", "drift", "unheard", "forged", "delivery_success")
FLAWED = [
    ("reinstall", "subscriptions_not_renewed", "unheard", "not_reinstalled"),
    ("reinstall", "token_never_replaced", "unheard", "not_reinstalled"),
    ("reinstall", "late_uninstalled_ends_session", "drift", "lost_events"),
    ("missing_scopes", "refused_topic_ends_registration", "unheard", "scopes_missing"),
    ("scope_granted_late", "denied_write_counts_as_done", "nothing_lost", "scopes_missing"),
    ("secret_rotation", "previous_secret_forgotten", "delivery_success", "signature_check"),
    ("secret_rotation", "new_secret_never_read", "delivery_success", "signature_check"),
    ("outage_and_removal", "removal_unnoticed", "unheard", "removal_unnoticed"),
    ("outage_and_removal", "gap_not_reconciled", "drift", "gap_not_reconciled"),
]


def result_of(runs: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((runs / "latest" / "result.json").read_text())
    return found


def verdicts(runs: Path) -> dict[str, str]:
    return {check["name"]: check["verdict"] for check in result_of(runs)["checks"]}


def shortened(folder: Path, name: str) -> Path:
    """The scenario with every time of its phases and of the app's life halved."""
    text = (CATALOGUE / f"{name}.toml").read_text()
    times = re.compile(r"^(seconds|at_s|after_s) = ([\d.]+)", re.MULTILINE)
    path = folder / f"{name}.toml"
    path.write_text(times.sub(lambda found: f"{found[1]} = {float(found[2]) / 2}", text))
    return path


def test_a_sound_service_survives_a_new_installation(stockstorm: Any, tmp_path: Path) -> None:
    done = stockstorm("run", shortened(tmp_path, "reinstall"), "--seed", "1", "--runs", tmp_path)
    found = verdicts(tmp_path)
    assert {name: found[name] for name in CHECKS} == dict.fromkeys(CHECKS, "valid"), done.stdout
    facts = facts_of(tmp_path / "latest")
    changes = [fact["change"] for fact in facts if fact["fact"] == "AppChanged"]
    again = [change for change in changes if change != "customer_redact"]
    assert (again, changes.count("customer_redact")) == (["data_request", "uninstall", "reinstall"], 5)
    told = [fact["topic"] for fact in facts if fact["fact"] == "DeliveryPlanned" and not fact.get("forged")]
    assert {"app/uninstalled", "customers/data_request", "customers/redact"} <= set(told)
    back = next(fact["at_ns"] for fact in facts if fact.get("change") == "reinstall")
    again = [fact for fact in facts if fact["fact"] == "SubscriptionCreated" and fact["at_ns"] > back]
    assert len(again) == 7
    history = json.dumps(facts)
    assert not re.search(r"shpat_[0-9a-f]", history)


@pytest.mark.prove
@pytest.mark.parametrize(
    "scenario", ["reinstall", "missing_scopes", "scope_granted_late", "secret_rotation", "outage_and_removal"]
)
@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_a_sound_service_survives_every_scenario_of_the_app(
    stockstorm: Any, tmp_path: Path, scenario: str, seed: str
) -> None:
    done = stockstorm("run", scenario, "--seed", seed, "--runs", tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.prove
@pytest.mark.parametrize(("scenario", "flaw", "check", "cause"), FLAWED, ids=[flaw for _, flaw, _, _ in FLAWED])
def test_a_flawed_service_does_not(
    stockstorm: Any, tmp_path: Path, scenario: str, flaw: str, check: str, cause: str
) -> None:
    done = stockstorm("run", scenario, "--flaw", flaw, "--seed", "1", "--runs", tmp_path)
    assert verdicts(tmp_path)[check] == "invalid", done.stdout
    assert result_of(tmp_path)["diagnoses"][0]["name"] == cause, done.stdout
