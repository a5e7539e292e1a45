"""A user's service is emptied, started, awaited, greeted and stopped as its file says; a failure is one clear line."""

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from stockstorm.loadtests.processes.child import free_port
from stockstorm.loadtests.subjects import Receiving, Surroundings
from stockstorm.loadtests.subjects.own.actions import end_of
from stockstorm.loadtests.subjects.own.file import SubjectFile
from stockstorm.loadtests.subjects.own.greeting import listens
from stockstorm.loadtests.subjects.own.subject import OwnSubject
from stockstorm.simulator.errors import SubjectError
from stockstorm.simulator.history.facts import ProcessEnded

AROUND = Surroundings(
    database_url="",
    admin_api_url="http://127.0.0.1:9400/admin/api/2026-10/graphql.json",
    channels_url="http://127.0.0.1:9400/marketplaces",
    shop_domain="demo.myshopify.com",
    channels=("bazaar", "mercado"),
    safety_stock=2,
    admin_token="token",
    client_secret="secret",
    channel_token="other token",
    channel_secret="other secret",
)
# Refuses what is not signed, and writes what it was told into the folder of the run.
SERVICE = """
import http.server, json, os, sys
class Door(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(401); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *_): pass
names = ("PORT", "API", "CHANNELS", "HELD", "CLIENT_SECRET")
open(os.environ["STATE"], "a").write(json.dumps({name: os.environ[name] for name in names}))
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Door).serve_forever()
"""
ENVIRONMENT = {
    "PORT": "${port}",
    "API": "${api_url}",
    "CHANNELS": "${channels}",
    "HELD": "${safety_stock}",
    "STATE": "${folder}/state",
}


def python(program: str, folder: Path, name: str = "program.py") -> str:
    (folder / name).write_text(program)
    return f"{sys.executable} {folder / name}"


def subject(folder: Path, **values: Any) -> OwnSubject:
    life = {"folder": str(folder), "ready_within_s": 20.0, **values.pop("life", {})}
    given = {"name": "mine", "webhooks": "http://127.0.0.1:${port}/webhooks", "environment": ENVIRONMENT, **values}
    file = SubjectFile.model_validate({"life": life, "secrets": {"client_secret": "CLIENT_SECRET"}, **given})
    return OwnSubject(file, folder / "logs", folder / "service")


def refusal(made: OwnSubject) -> str:
    with pytest.raises(SubjectError) as caught:
        made.start(AROUND)
    made.stop()
    return str(caught.value)


def test_it_is_told_ports_apis_and_secrets_and_ends_with_the_run(tmp_path: Path) -> None:
    made = subject(tmp_path, life={"start": python(SERVICE, tmp_path)})
    made.start(AROUND)
    uri = made.receiving.uri
    assert listens(uri)
    told = (tmp_path / "service" / "state").read_text()
    assert (
        '"API": "http://127.0.0.1:9400", "CHANNELS": "bazaar,mercado", "HELD": "2", "CLIENT_SECRET": "secret"' in told
    )
    port = json.loads(told)["PORT"]
    assert uri == f"http://127.0.0.1:{port}/webhooks"
    parts = made.parts()
    assert set(parts) == {"receiver", "worker", "subject"}
    assert parts["receiver"] is parts["worker"], "one process is both"
    assert made.notes == ()
    made.stop()
    assert not listens(uri)


def test_reset_comes_before_the_start_and_its_output_is_kept(tmp_path: Path) -> None:
    reset = python("import os; print('emptied'); open(os.environ['STATE'], 'w').write('reset ')", tmp_path, "reset.py")
    made = subject(tmp_path, life={"start": python(SERVICE, tmp_path), "reset": reset})
    made.start(AROUND)
    made.stop()
    assert (tmp_path / "service" / "state").read_text().startswith("reset {")
    assert (tmp_path / "logs" / "reset.log").read_text() == "emptied\n"


def test_processes_of_several_names_are_parts_of_their_own(tmp_path: Path) -> None:
    waits = python("import time; time.sleep(60)", tmp_path, "worker.py")
    made = subject(tmp_path, life={"processes": {"receiver": python(SERVICE, tmp_path), "worker": waits}})
    made.start(AROUND)
    assert set(made.parts()) == {"receiver", "worker", "subject"}
    made.parts()["worker"].kill()
    assert made.revive(1, lambda target: target == "worker") == [], "a planned fault keeps it down"
    made.stop()


def test_a_process_that_ends_by_itself_is_a_fact_and_is_started_again(tmp_path: Path) -> None:
    made = subject(tmp_path, life={"start": python(SERVICE, tmp_path)})
    made.start(AROUND)
    child = made._parts["service"].child
    child._process.kill()
    child._process.wait(10)
    ended = made.revive(1, lambda _: False)[0]
    assert isinstance(ended, ProcessEnded)
    assert (ended.process, ended.exit_code) == ("service", -9)
    assert made._parts["service"].child.pid != child.pid
    made.stop()


def test_a_stop_of_ones_own_is_run_first(tmp_path: Path) -> None:
    stop = python("import os; open(os.environ['STATE'], 'w').write('stopped')", tmp_path, "stop.py")
    made = subject(tmp_path, life={"start": python(SERVICE, tmp_path), "stop": stop})
    made.start(AROUND)
    made.stop()
    assert (tmp_path / "service" / "state").read_text() == "stopped"


@pytest.mark.parametrize(
    ("program", "life", "said"),
    [
        ("import sys; sys.exit('no database')", {}, "it ended before it was ready, with exit code 1: no database"),
        (SERVICE, {"reset": "false"}, "life.reset: `false` ended with exit code 1: it wrote nothing"),
        (SERVICE, {"reset": "no-such-program"}, "life.reset: `no-such-program` cannot be run"),
        (SERVICE, {"reset": "sleep 9", "reset_within_s": 0.1}, "did not end within 0.1 s"),
        (SERVICE, {"reset": "http://127.0.0.1:9/reset"}, "life.reset: `http://127.0.0.1:9/reset` did not answer"),
        (SERVICE, {"ready": "false", "ready_within_s": 0.5}, "it was not ready after 0.5 s, asked by `false`"),
        ("import time; time.sleep(60)", {"ready_within_s": 0.5}, "asked by a connection to http://127.0.0.1:"),
    ],
)
def test_what_fails_is_named_with_command_and_outcome(
    program: str, life: dict[str, object], said: str, tmp_path: Path
) -> None:
    message = refusal(subject(tmp_path, life={"start": python(program, tmp_path), **life}))
    assert said in message
    assert message.startswith("mine")


def test_a_command_that_takes_too_long_ends_with_all_that_it_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = tmp_path / "reset.sh"
    script.write_text(f"sleep 600 & echo $! > {pid}; wait")
    life = {"start": python(SERVICE, tmp_path), "reset": f"sh {script}", "reset_within_s": 2.0}
    assert "did not end within 2 s" in refusal(subject(tmp_path, life=life))
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(pid.read_text())).wait(10)  # raises if it goes on


def test_only_the_end_of_an_output_is_read_and_nothing_of_an_earlier_one(tmp_path: Path) -> None:
    log = tmp_path / "reset.log"
    log.write_bytes(b"a" * 9_990 + b"b" * 10)
    assert end_of(log, 9_990) == b"b" * 10
    assert len(end_of(log, 0)) == 1_200


def test_a_service_that_is_left_from_before_is_not_taken_for_this_one(tmp_path: Path) -> None:
    port = free_port("127.0.0.1")
    url, environment = f"http://127.0.0.1:{port}/webhooks", {**ENVIRONMENT, "PORT": str(port)}
    values: dict[str, Any] = {"webhooks": url, "environment": environment}
    first = subject(tmp_path, life={"start": python(SERVICE, tmp_path)}, **values)
    first.start(AROUND)
    second = subject(tmp_path, life={"start": python(SERVICE, tmp_path)}, **values)
    assert "a program listens at" in refusal(second)
    first.stop()


def test_topics_of_the_file_are_the_only_ones(tmp_path: Path) -> None:
    made = subject(
        tmp_path,
        webhooks="http://127.0.0.1:8080/w",
        topics=["orders/create"],
        topic_urls={"orders/paid": "http://127.0.0.1:8080/paid"},
        level="acknowledgement",
    )
    uri = "http://127.0.0.1:8080/w"
    topics = {"orders/create": uri, "orders/paid": "http://127.0.0.1:8080/paid"}
    assert made.receiving == Receiving(uri="", topic_uris=topics, app_uri=uri, registers=False)


def test_a_service_that_listens_at_another_port_is_told_which(tmp_path: Path) -> None:
    port = free_port("127.0.0.1")
    start = python(SERVICE.replace('int(os.environ["PORT"])', str(port)), tmp_path)
    text = refusal(subject(tmp_path, life={"start": start, "ready_within_s": 3.0}))
    assert f"its processes listen at port {port}" in text


def test_of_a_service_that_runs_by_itself_no_port_is_claimed(tmp_path: Path) -> None:
    life = {"start": "true", "detached": True, "ready_within_s": 1.0}
    text = refusal(subject(tmp_path, life=life))
    assert "it was not ready after 1 s" in text
    assert "its processes" not in text
