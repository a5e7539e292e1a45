"""`stockstorm serve` and `trigger` send to this machine only, unless another one was allowed by name."""

import pytest

from stockstorm.loadtests.cli.app import app
from stockstorm.loadtests.exits import exit_code_of, invoke

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
