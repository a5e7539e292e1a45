"""A subject file: what it may say, and every mistake at once with where, what was found and what to write."""

import json
from pathlib import Path

import pytest

from stockstorm.loadtests.subjects.own.file import SCHEMA_PATH, SubjectFile, schema_text
from stockstorm.loadtests.subjects.own.reading import is_subject_file, read_subject_file
from stockstorm.simulator.errors import ScenarioError
from tests.running import ROOT

SMALL = 'webhooks = "http://127.0.0.1:8080/webhooks"\n'


def written(folder: Path, text: str, name: str = "shop_sync.toml") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        read_subject_file(written(folder, text))
    return str(caught.value)


def test_one_line_is_enough_and_the_file_gives_the_name(tmp_path: Path) -> None:
    file = read_subject_file(written(tmp_path, SMALL))
    assert (file.name, file.level, file.life.starts) == ("shop_sync", "full", False)
    assert file.life.folder == str(tmp_path)


def test_subject_toml_has_the_name_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "billing").mkdir()
    assert read_subject_file(written(tmp_path / "billing", SMALL, "subject.toml")).name == "billing"


def test_the_paths_of_a_file_do_not_depend_on_where_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, SMALL + 'ca = "ours.pem"\n[life]\nfolder = "app"\n')
    file = read_subject_file("shop_sync.toml")
    assert (file.ca, file.life.folder) == (str(tmp_path / "ours.pem"), str(tmp_path / "app"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "webhooks: missing"),
        ('webhook = "x"\n' + SMALL, 'did you mean "webhooks"?'),
        (SMALL + "api_port = 70000", "write a whole number from 0 to 65535"),
        (SMALL + 'level = "half"', 'one of "full", "probe", "acknowledgement"'),
        (SMALL + 'api_version = "2020-01"', "2026-10"),
        ('webhooks = "http://u:p@127.0.0.1/hooks"', "the URL holds a user or password"),
        ('webhooks = "127.0.0.1:8080"', "no http(s) URL"),
        (SMALL + 'topics = ["orders/creat"]', 'did you mean "orders/create"?'),
        (SMALL + '[topic_urls]\n"orders/creat" = "http://127.0.0.1/o"', 'did you mean "orders/create"?'),
        (SMALL + '[life]\nstart = "a"\n[life.processes]\nworker = "b"', "there are [life.processes] too"),
        (SMALL + '[life]\nstart = "python \'app.py"', "close its quotes"),
        (SMALL + '[life]\nstart = "docker compose up -d"\ndetached = true', "needs start and stop"),
        (SMALL + '[environment]\nPORT = "${prot}"', 'did you mean "port"?'),
        ('webhooks = "http://127.0.0.1:${port}/w"', "a port that nobody tells the service"),
        ('webhooks = "http://${shop_domain}/w"', "only ${port} and ${port_NAME} can stand in a URL"),
        (SMALL + '[secrets]\nclient_secret = "not a name"', "of the form"),
        (SMALL + 'level = "probe"', "nothing to judge"),
        (SMALL + '[[reads.http]]\nurl = "http://127.0.0.1/s"\nstock = "items[[.x"', "this is no JMESPath"),
        (SMALL + '[[reads.http]]\nurl = "http://127.0.0.1/s"', "nothing is taken from this answer"),
        (SMALL + '[reads.sql]\nurl = "DB"\norders = "TRUNCATE orders"', "write a SELECT"),
        (SMALL + '[environment]\nCA = "${ca_file}"', "${ca_file} is known with [https] only"),
        (SMALL + "[https]\nport = 9443", "https.proxy_port: nobody tells a service that runs already"),
        (SMALL + "[https]\nport = 70000", "https.port"),
        ("webhooks = ", "not valid TOML"),
    ],
)
def test_a_mistake_is_named_with_what_to_write(text: str, said: str, tmp_path: Path) -> None:
    assert said in refusal(tmp_path, text)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    message = refusal(tmp_path, 'nmae = "x"\napi_port = -1\n')
    assert "3 problems" in message
    for key in ("webhooks: missing", "api_port", "unknown key 'nmae'"):
        assert key in message


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="there is no such file"):
        read_subject_file(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("word", "is_one"), [("subject.toml", True), ("a/b.toml", True), ("http://h/x.toml", False), ("reference", False)]
)
def test_a_subject_file_is_known_by_its_ending(word: str, is_one: bool) -> None:
    assert is_subject_file(word) is is_one


def test_the_schema_file_is_up_to_date() -> None:
    assert SCHEMA_PATH.read_text(encoding="utf-8") == schema_text(), "run: make schema"
    assert json.loads(schema_text())["required"] == ["webhooks"]


@pytest.mark.parametrize("text", ['[https]\n[life]\nstart = "a"', "[https]\nport = 9443\nproxy_port = 9402"])
def test_https_needs_no_key_where_the_service_is_started(text: str, tmp_path: Path) -> None:
    path = tmp_path / "subject.toml"
    path.write_text(f"{SMALL}{text}\n")
    https = read_subject_file(str(path)).https
    assert https is not None
    assert https.host == "127.0.0.1"


@pytest.mark.parametrize("stranger", ["stockroom", "relay", "sweep"])
def test_the_files_of_the_strangers_are_sound(stranger: str) -> None:
    file = read_subject_file(str(ROOT / "tests" / "strangers" / stranger / "subject.toml"))
    assert (file.name, list(file.life.commands())) == (stranger, ["service"])


@pytest.mark.parametrize(
    ("topics", "listed"),
    [((), ()), (("orders/create",), ("orders/create", "refunds/create"))],
)
def test_what_a_file_lists_is_all_that_it_wants_and_without_a_list_it_wants_what_it_lacks(
    topics: tuple[str, ...], listed: tuple[str, ...]
) -> None:
    elsewhere = {"refunds/create": "http://127.0.0.1:1/refunds"}
    file = SubjectFile(webhooks="http://127.0.0.1:1/webhooks", topics=topics, topic_urls=elsewhere)
    assert file.listed_topics == listed
