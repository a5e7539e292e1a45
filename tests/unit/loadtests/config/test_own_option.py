"""A service of the user is refused, before anything is created, unless it can know port and secrets."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from stockstorm.loadtests.config.checks import probe_url_problem
from stockstorm.loadtests.config.own_checks import NEXT_SECRET, SECRETS, own_problems
from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.orchestrator.process import make_backing
from stockstorm.loadtests.processes.child import free_port
from stockstorm.loadtests.subjects import Pending
from stockstorm.loadtests.subjects.own.reading import of_url
from stockstorm.loadtests.subjects.own.subject import OwnSubject
from stockstorm.simulator.errors import ScenarioError

URL = "http://127.0.0.1:8080/webhooks"
ALL = dict.fromkeys(SECRETS.values(), "some word")


def own(url: str, probe_url: str = "") -> OwnSubject:
    return OwnSubject(of_url(url, probe_url), Path(), Path())


def test_the_port_and_every_secret_that_is_not_set_are_reported_at_once() -> None:
    port, secrets = own_problems(
        of_url(URL), 0, (), {"STOCKSTORM_CLIENT_SECRET": "known", "STOCKSTORM_ADMIN_TOKEN": ""}
    )
    assert port.key == "--api-port"
    assert "write e.g. --api-port 9400" in port.remedy
    assert secrets.key == "STOCKSTORM_ADMIN_TOKEN, STOCKSTORM_CHANNEL_TOKEN, STOCKSTORM_CHANNEL_SECRET"
    assert "export for your service and for this command" in secrets.remedy


def test_a_service_with_port_and_secrets_is_accepted() -> None:
    assert list(own_problems(of_url(URL), 9400, (), ALL)) == []


def test_a_run_without_them_ends_before_a_folder_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS.values():
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ScenarioError, match="--api-port: is not set"):
        make_spec(RunOptions(scenario="smoke", subject=URL, runs=tmp_path / "runs"))
    assert not (tmp_path / "runs").exists()


def test_a_scenario_that_rotates_the_secret_needs_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ALL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(NEXT_SECRET, raising=False)
    options = RunOptions(scenario="secret_rotation", subject=URL, api_port=9400, runs=tmp_path / "runs")
    with pytest.raises(ScenarioError, match=f"{NEXT_SECRET}: not set"):
        make_spec(options)
    assert not (tmp_path / "runs").exists()
    monkeypatch.setenv(NEXT_SECRET, "the next word")
    assert make_spec(options).subject == URL
    assert make_spec(RunOptions(scenario="secret_rotation", runs=tmp_path / "runs")).scenario.life


def test_no_database_is_opened_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ALL.items():
        monkeypatch.setenv(name, value)
    spec = make_spec(RunOptions(scenario="smoke", subject=URL, api_port=9400, runs=tmp_path))
    with make_backing(spec) as backing:
        assert (backing.url, backing.description, backing.processes()) == ("", "", [])


def test_probes_are_read_at_the_address_of_the_service_unless_they_have_one_of_their_own() -> None:
    probed: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            probed.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"pending": 3}')

        def log_message(self, *args: object) -> None:
            """Silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            at = f"http://127.0.0.1:{server.server_port}"
            nowhere = f"http://127.0.0.1:{free_port('127.0.0.1')}/webhooks"
            assert own(f"{at}/webhooks").pending() == Pending(3)
            assert own(nowhere, f"{at}/inner/").pending() == Pending(3)
            assert own(nowhere).pending() == Pending(silent=("service",))
        finally:
            server.shutdown()
            thread.join()
    assert probed == ["/probe/pending", "/inner/probe/pending"]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("127.0.0.1:8081", "no http(s) URL"),
        ("http://u:p@127.0.0.1:8081", "user or password"),
        ("http://127.0.0.1:8081?a=1", "query string"),
        ("ftp://127.0.0.1", "no http(s) URL"),
    ],
)
def test_a_bad_address_of_probes_is_refused(url: str, found: str) -> None:
    problem = probe_url_problem(url)
    assert problem is not None
    assert problem.key == "--probe-url"
    assert found in problem.found


def test_probes_have_an_address_of_their_own_only_where_the_service_is_your_own(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="--probe-url: Stockstorm starts reference itself"):
        make_spec(RunOptions(scenario="smoke", probe_url="http://127.0.0.1:8081", runs=tmp_path))
