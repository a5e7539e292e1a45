"""`stockstorm serve` and `trigger` send to this machine only, unless another one was allowed by name."""

import os
from pathlib import Path

import pytest

from stockstorm.loadtests.cli.app import app
from stockstorm.loadtests.cli.options.shop import ServeOptions
from stockstorm.loadtests.cli.serve import _opened, _shop
from stockstorm.loadtests.invocation import exit_code_of, invoke
from stockstorm.loadtests.serve.state import StateFile
from stockstorm.simulator.errors import ScenarioError

FOREIGN = "http://192.0.2.7:8080/webhooks"


@pytest.mark.parametrize("command", [["serve"], ["trigger", "orders/create"]])
def test_another_machine_is_refused_with_the_flag_that_allows_it(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(lambda: invoke(app, [*command, "--to", FOREIGN])) == 4
    told = capsys.readouterr().err
    assert "is not on this machine" in told
    assert "--allow-host 192.0.2.7" in told


@pytest.mark.parametrize("to", ["ftp://127.0.0.1/", "http://127.0.0.1:0/", "no url"])
def test_what_is_no_url_is_refused(to: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(lambda: invoke(app, ["trigger", "orders/create", "--to", to])) == 4
    assert "is no URL" in capsys.readouterr().err


def test_a_version_that_is_not_served_is_refused_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(lambda: invoke(app, ["serve", "--api-version", "2026-13"])) == 4
    assert "2026-10" in capsys.readouterr().err


def test_the_shop_is_of_the_version_that_was_named_and_its_state_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "shop.jsonl"
    for given in ("2026-04", ""):  # left out: as in the state
        state = StateFile(path, _opened(ServeOptions(api_version=given)))
        assert _shop(ServeOptions(api_version=given), state).scenario.shop.api_version == "2026-04"
        state.close()
    with pytest.raises(ScenarioError, match="its app has version 2026-04"):
        StateFile(path, _opened(ServeOptions(api_version="2026-10")))


def test_a_state_of_before_versions_were_kept_is_of_its_scenario(tmp_path: Path) -> None:
    path = tmp_path / "shop.jsonl"
    StateFile(path, _opened(ServeOptions())).close()
    path.write_text(path.read_text().replace(',"api_version":""', ""))
    state = StateFile(path, _opened(ServeOptions()))
    assert _shop(ServeOptions(), state).scenario.shop.api_version == "2026-10"
    state.close()


def test_an_authority_that_cannot_be_read_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "none.pem")
    assert exit_code_of(lambda: invoke(app, ["serve", "--ca", missing])) == 5
    assert "--ca" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--late", "nan"], "--late: nan s is out of range"),
        (["--late", "-5"], "--late: -5 s is out of range"),
        (["--units", "0"], "--units: 0 is out of range"),
    ],
)
def test_a_number_out_of_range_is_told_before_a_shop_is_asked(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(lambda: invoke(app, ["trigger", "orders/create", *words])) == 4
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("place", ["pipe", "folder"])
def test_a_state_in_what_is_no_file_is_refused_at_once(place: str, tmp_path: Path) -> None:
    path = tmp_path / place
    if place == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(ScenarioError, match=r"--state: .* cannot be opened: "):
        StateFile(path, _opened(ServeOptions()))
