"""A service of the user is refused, before anything is created, unless it can know port and secrets."""

import re
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from stockstorm.loadtests.config.checks import probe_url_problem
from stockstorm.loadtests.config.own_checks import (
    NEXT_SECRET,
    SECRETS,
    host_problems,
    own_problems,
    warnings_of,
    what_is_sent,
)
from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.config.scenario import make_scenario
from stockstorm.loadtests.orchestrator.process import make_backing
from stockstorm.loadtests.processes.child import free_port
from stockstorm.loadtests.subjects import Pending
from stockstorm.loadtests.subjects.own.file import SubjectFile
from stockstorm.loadtests.subjects.own.reading import of_url
from stockstorm.loadtests.subjects.own.subject import OwnSubject
from stockstorm.scenarios import load
from stockstorm.simulator.config import FaultKind
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


def file(**values: object) -> SubjectFile:
    return SubjectFile.model_validate({"name": "mine", "webhooks": URL, **values})


def test_a_service_that_stockstorm_starts_needs_neither_port_nor_secrets() -> None:
    assert list(own_problems(file(life={"start": "python app.py"}), 0, (), {})) == []


def test_secrets_are_asked_for_by_the_names_of_the_file() -> None:
    (problem,) = own_problems(file(api_port=9400, secrets={"client_secret": "SHOPIFY_API_SECRET"}), 0, (), ALL)
    assert problem.key == "SHOPIFY_API_SECRET"


def test_an_authority_that_is_not_there_and_a_database_without_url_are_told() -> None:
    lacking = file(life={"start": "x"}, ca="/nowhere.pem", reads={"sql": {"url": "SHOP_DB", "orders": "SELECT 1"}})
    assert [problem.key for problem in own_problems(lacking, 0, (), {})] == ["--ca", "SHOP_DB"]


@pytest.mark.parametrize(
    ("life", "kinds", "said"),
    [
        ({"start": "x"}, ["kill_subject"], []),
        ({"start": "x"}, ["kill_worker", "kill_receiver", "pause_worker", "pause_receiver"], []),
        ({"processes": {"web": "x"}}, ["kill_worker", "kill_receiver"], []),
        ({"processes": {"worker": "y", "jobs": "z"}}, ["kill_receiver"], ["and no receiver for kill_receiver"]),
        ({"processes": {"receiver": "x", "worker": "y"}}, ["kill_worker", "pause_receiver", "kill_subject"], []),
        (
            {"processes": {"worker": "y"}},
            ["kill_database"],
            ["mine has one process, and no database for kill_database"],
        ),
        (
            {"processes": {"web": "x", "jobs": "y"}},
            ["kill_receiver", "pause_worker"],
            ["mine has the processes web, jobs, and no receiver and no worker for kill_receiver, pause_worker"],
        ),
        ({"start": "x", "stop": "y", "detached": True}, ["kill_subject"], ["was not started by Stockstorm"]),
    ],
)
def test_faults_hit_the_processes_that_start_made(
    life: dict[str, object], kinds: list[FaultKind], said: list[str]
) -> None:
    found = [problem.found for problem in own_problems(file(life=life), 9400, kinds, ALL)]
    assert len(found) == len(said)
    assert all(text in each for text, each in zip(said, found, strict=True))


def test_a_process_of_another_name_is_told_how_to_be_hit() -> None:
    (problem,) = own_problems(file(life={"processes": {"web": "x", "jobs": "y"}}), 9400, ["kill_receiver"], ALL)
    assert problem.remedy == (
        "use one of kill_subject; or call the process that is its receiver so under [life.processes]; or choose a "
        "scenario without such faults"
    )


def test_another_machine_is_refused_with_what_it_would_be_sent_and_allowed_by_its_name() -> None:
    there = file(webhooks="https://192.0.2.7/webhooks", topic_urls={"orders/paid": "http://localhost:${port}/w"})
    (problem,) = host_problems(there, (), what_is_sent(load("smoke")))
    assert problem.key == "--allow-host"
    assert re.search(
        r"https://192.0.2.7/webhooks is not on this machine; .* about [\d,]+ webhooks within 5 s", problem.found
    )
    assert problem.remedy.endswith("--allow-host 192.0.2.7")
    assert host_problems(there, ("192.0.2.7",), what_is_sent(load("smoke"))) == []
    assert "it is sent about" in warnings_of(there, load("smoke"))[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "no-such-host.invalid"])
def test_this_machine_needs_no_permission(host: str) -> None:
    assert host_problems(file(webhooks=f"http://{host}:8080/w"), (), what_is_sent(load("smoke"))) == []


def test_a_run_at_another_machine_ends_before_a_folder_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ALL.items():
        monkeypatch.setenv(name, value)
    options = RunOptions(scenario="smoke", subject="http://192.0.2.7/w", api_port=9400, runs=tmp_path / "runs")
    with pytest.raises(ScenarioError, match=r"--allow-host 192\.0\.2\.7"):
        make_spec(options)
    assert not (tmp_path / "runs").exists()
    allowed = make_spec(options.model_copy(update={"allow_hosts": ("192.0.2.7",)}))
    assert "--allow-host 192.0.2.7" in allowed.replay


def test_what_a_file_declares_is_in_the_scenario_unless_a_flag_or_the_scenario_says_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "subject.toml"
    path.write_text(f'webhooks = "{URL}"\nsafety_stock = 3\nlists_less = true\napi_version = "2026-04"\n')
    declared = make_scenario(RunOptions(scenario="smoke", subject=str(path)))
    assert (declared.subject.safety_stock, declared.shop.api_version) == (3, "2026-04")
    assert declared.subject.lists_less
    assert not load("smoke").subject.lists_less
    told = make_scenario(RunOptions(scenario="old_api_version", subject=str(path), safety_stock=1))
    assert (told.subject.safety_stock, told.shop.api_version) == (1, load("old_api_version").shop.api_version)


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
