"""Plain Locust offers what `stockstorm run` does, and its web UI stays on this machine."""

from pathlib import Path

import configargparse  # type: ignore[import-untyped]  # it has no types
import pytest

from stockstorm.loadtests.config.locust_options import add_options, read_locust_options
from stockstorm.loadtests.config.run_options import RunOptions


def parsed(*words: str) -> configargparse.Namespace:
    """As Locust parses: its own options first, then ours."""
    parser = configargparse.ArgumentParser()
    parser.add_argument("--web-host", default="", env_var="LOCUST_WEB_HOST")
    add_options(parser)
    return parser.parse_args(words)


def test_what_is_left_out_is_the_scenarios_own() -> None:
    assert read_locust_options(parsed()) == RunOptions(scenario="smoke")


def test_every_option_of_a_run_can_be_given() -> None:
    words = ["--scenario", "steady", "--seed", "7", "--rate", "50.5", "--seconds", "3", "--subject", "polling"]
    words += ["--fault", "kill_worker@1+2, kill_receiver@2", "--flaw", "slow_handler", "--safety-stock", "0"]
    words += ["--postgres", "docker", "--api-port", "9400", "--api-host", "10.0.0.7", "--runs", "here"]
    words += ["--probe-url", "http://127.0.0.1:8081"]
    assert read_locust_options(parsed(*words)) == RunOptions(
        scenario="steady",
        seed=7,
        rate=50.5,
        seconds=3.0,
        faults=("kill_worker@1+2", "kill_receiver@2"),
        subject="polling",
        flaw="slow_handler",
        safety_stock=0,
        postgres="docker",
        api_port=9400,
        api_host="10.0.0.7",
        runs=Path("here"),
        probe_url="http://127.0.0.1:8081",
    )


def test_no_default_is_none_since_the_web_ui_keeps_the_type_of_a_default() -> None:
    assert [name for name, value in vars(parsed()).items() if value is None] == []


def test_a_database_url_is_refused_with_the_variable_to_set_and_without_its_password(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed("--postgres", "postgresql://mary:hush@host/db")
    message = capsys.readouterr().err
    assert ended.value.code == 4
    assert "STOCKSTORM_POSTGRES_URL" in message
    assert "hush" not in message


def test_the_web_ui_listens_on_loopback_unless_locust_gets_another_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parsed().web_host == "127.0.0.1"
    assert parsed("--web-host", "*").web_host == "*"
    monkeypatch.setenv("LOCUST_WEB_HOST", "10.0.0.1")
    assert parsed().web_host == "10.0.0.1"
