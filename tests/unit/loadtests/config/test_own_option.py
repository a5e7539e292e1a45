"""A service of the user is refused, before anything is created, unless it can know port and secrets."""

from pathlib import Path

import pytest

from stockstorm.loadtests.config.checks import SECRETS, own_problems
from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.orchestrator.process import make_backing
from stockstorm.simulator.errors import ScenarioError

URL = "http://127.0.0.1:8080/webhooks"
ALL = dict.fromkeys(SECRETS.values(), "some word")


def test_the_port_and_every_secret_that_is_not_set_are_reported_at_once() -> None:
    port, secrets = own_problems(URL, 0, {"STOCKSTORM_CLIENT_SECRET": "known", "STOCKSTORM_ADMIN_TOKEN": ""})
    assert port.key == "--api-port"
    assert "write e.g. --api-port 9400" in port.remedy
    assert secrets.key == "STOCKSTORM_ADMIN_TOKEN, STOCKSTORM_CHANNEL_TOKEN, STOCKSTORM_CHANNEL_SECRET"
    assert "export for your service and for this command" in secrets.remedy


def test_a_service_with_port_and_secrets_is_accepted() -> None:
    assert own_problems(URL, 9400, ALL) == []


def test_the_reference_service_needs_none_of_it_because_stockstorm_configures_it() -> None:
    assert own_problems("queue-postgres", 0, {}) == []


def test_a_run_without_them_ends_before_a_folder_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS.values():
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ScenarioError, match="--api-port: is not set"):
        make_spec(RunOptions(scenario="smoke", subject=URL, runs=tmp_path / "runs"))
    assert not (tmp_path / "runs").exists()


def test_no_database_is_opened_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ALL.items():
        monkeypatch.setenv(name, value)
    spec = make_spec(RunOptions(scenario="smoke", subject=URL, api_port=9400, runs=tmp_path))
    with make_backing(spec) as backing:
        assert (backing.url, backing.description, backing.processes()) == ("", "", [])
