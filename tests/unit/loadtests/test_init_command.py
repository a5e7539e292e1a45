"""`stockstorm init` writes files that Stockstorm itself reads, and destroys nothing."""

import re
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest
import typer

import stockstorm
from stockstorm.loadtests.cli.app import app
from stockstorm.loadtests.cli.options import init as init_options
from stockstorm.loadtests.cli.options.init import LEVELS
from stockstorm.loadtests.invocation import exit_code_of, invoke
from stockstorm.loadtests.subjects.own.reading import read_subject_file
from stockstorm.scenarios.loader import load
from stockstorm.simulator.config import ForgeryKind

NAMES = (".env", ".github/workflows/stockstorm.yml", "first.toml", "subject.toml")


def init(folder: Path, *words: str) -> int:
    return exit_code_of(lambda: invoke(app, ["init", "--yes", "--folder", str(folder), *words]))


@pytest.mark.parametrize("start", ["", 'python -m "my service" --pattern "a\\\\b"'])
def test_what_it_writes_is_read_again(tmp_path: Path, start: str) -> None:
    assert init(tmp_path, "--start", start, "--webhooks", "http://127.0.0.1:9000/hooks") == 0
    file = read_subject_file(str(tmp_path / "subject.toml"))
    assert (file.webhooks, file.life.start, file.level) == ("http://127.0.0.1:9000/hooks", start, "full")
    assert load(str(tmp_path / "first.toml")).load_s == 20.0
    assert "stockstorm run first.toml --subject subject.toml" in (tmp_path / NAMES[1]).read_text()


def test_the_first_scenario_has_what_first_services_get_wrong(tmp_path: Path) -> None:
    assert init(tmp_path) == 0
    first = load(str(tmp_path / "first.toml"))
    assert first.shop.skus > 50, "more than the first page of Shopify's REST lists"
    assert {one.kind for one in first.perturbations} == {"duplicate", "reorder"}
    assert first.quotas.resent
    assert first.quotas.cancel_before_create
    kinds_and_topics = first.events.forgeries_per_s * first.load_s
    assert kinds_and_topics >= 6 * len(get_args(ForgeryKind)), "each kind on several topics"


def test_secrets_are_drawn_anew_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    assert init(tmp_path / "a") == init(tmp_path / "b") == 0
    first, second = ((tmp_path / name / ".env") for name in "ab")
    assert first.read_text() != second.read_text()
    assert first.stat().st_mode & 0o777 == 0o600
    drawn = [line.partition("=")[2] for line in first.read_text().splitlines()[1:]]
    others = "".join((tmp_path / "a" / name).read_text() for name in NAMES[1:])
    assert len(drawn) == 4
    assert not any(secret in others for secret in drawn)


def test_a_file_that_exists_is_kept_unless_forced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "subject.toml").write_text("mine")
    assert init(tmp_path) == 4
    assert "subject.toml exists already" in capsys.readouterr().err
    assert (tmp_path / "subject.toml").read_text() == "mine"
    assert not (tmp_path / ".env").exists()
    assert init(tmp_path, "--force") == 0
    assert "webhooks" in tomllib.loads((tmp_path / "subject.toml").read_text())


@pytest.mark.parametrize(
    ("flag", "word"), [("--webhooks", "no url"), ("--level", "ful"), ("--start", "an 'open quote")]
)
def test_a_wrong_answer_is_refused_before_anything_is_written(tmp_path: Path, flag: str, word: str) -> None:
    assert init(tmp_path, flag, word) == 4
    assert list(tmp_path.iterdir()) == []


def test_force_keeps_the_lines_of_an_env_file_that_are_not_ours(tmp_path: Path) -> None:
    theirs = "# mine\nDATABASE_URL=postgresql://x/y\nexport STOCKSTORM_ADMIN_TOKEN=old\n"
    (tmp_path / ".env").write_text(theirs)
    assert init(tmp_path) == 4
    assert (tmp_path / ".env").read_text() == theirs
    assert init(tmp_path, "--force") == init(tmp_path, "--force") == 0
    lines = (tmp_path / ".env").read_text().splitlines()
    assert len(lines) == 1 + 4 + 2
    assert lines[-2:] == ["# mine", "DATABASE_URL=postgresql://x/y"]
    assert not any("old" in line for line in lines)


@pytest.mark.parametrize("port", ["0", "70000"])
def test_a_port_that_no_service_can_know_is_refused_by_its_flag(
    tmp_path: Path, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(tmp_path, "--api-port", port) == 4
    assert "--api-port" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_example_of_a_health_address_is_at_the_service(tmp_path: Path) -> None:
    assert init(tmp_path, "--start", "run", "--webhooks", "http://127.0.0.1:9000/hooks") == 0
    assert '"http://127.0.0.1:9000/healthz"' in (tmp_path / "subject.toml").read_text()


@pytest.mark.parametrize(("start", "ports"), [("serve", (0, 0)), ("", (9443, 9402))])
def test_a_library_that_insists_on_https_gets_it(tmp_path: Path, start: str, ports: tuple[int, int]) -> None:
    assert init(tmp_path, "--https", "--start", start) == 0
    https = read_subject_file(str(tmp_path / "subject.toml")).https
    assert https is not None
    assert (https.port, https.proxy_port) == ports


def test_a_free_port_is_for_a_service_that_is_started(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "http://127.0.0.1:${port}/webhooks"
    assert init(tmp_path, "--webhooks", url) == 4
    assert "--webhooks: ${port} is a free port" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    assert init(tmp_path, "--webhooks", url, "--start", "serve", "--level", "probe") == 0
    assert read_subject_file(str(tmp_path / "subject.toml")).webhooks == url


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("start", ["", "serve"])
def test_every_level_makes_files_that_are_read_again(tmp_path: Path, level: str, start: str) -> None:
    words = ("--level", level, "--start", start, "--webhooks", "http://127.0.0.1:9000/hooks")
    assert init(tmp_path, *words) == 0
    file = read_subject_file(str(tmp_path / "subject.toml"))
    assert (file.level, file.reads.any) == (level, level == "probe")


@pytest.mark.parametrize(("level", "extra"), [("full", ""), ("probe", "[probe]")])
def test_the_ci_job_installs_the_wheel_of_this_version_with_what_the_level_needs(
    level: str, extra: str, tmp_path: Path
) -> None:
    assert init(tmp_path, "--level", level) == 0
    job = (tmp_path / ".github/workflows/stockstorm.yml").read_text()
    wheel = re.search(r"- run: pip install (\S+)", job)
    assert wheel is not None
    assert wheel[1].strip("'") == f"./stockstorm-{stockstorm.__version__}-py3-none-any.whl{extra}"
    assert job.index("Install here what your service needs") < job.index("- run: stockstorm run")


def test_probe_is_refused_before_anything_is_written_where_its_extra_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(init_options, "find_spec", lambda _: None)
    assert init(tmp_path, "--level", "probe") == 4
    assert "stockstorm[probe]" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_on_a_terminal_a_wrong_answer_is_told_and_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter(["localhost:8080", "http://127.0.0.1:9000/hooks", "an 'open quote", "serve", "ful", "full"])
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(answers))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert exit_code_of(lambda: invoke(app, ["init", "--folder", str(tmp_path)])) == 0
    told = capsys.readouterr().err
    assert ("no http(s) URL" in told, "close its quotes" in told, "did you mean" in told) == (True, True, True)
    file = read_subject_file(str(tmp_path / "subject.toml"))
    assert (file.webhooks, file.life.start, file.level) == ("http://127.0.0.1:9000/hooks", "serve", "full")


def test_a_service_that_is_started_by_hand_is_asked_for_its_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter(["http://127.0.0.1:9000/hooks", "", "full", "http", "99999999999", "9500"])
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: next(answers))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert exit_code_of(lambda: invoke(app, ["init", "--folder", str(tmp_path)])) == 0
    assert "write 1 to 65535" in capsys.readouterr().err
    assert read_subject_file(str(tmp_path / "subject.toml")).api_port == 9500


def test_nobody_is_asked_anything_where_the_files_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "first.toml").touch()
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: pytest.fail("asked"))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert exit_code_of(lambda: invoke(app, ["init", "--folder", str(tmp_path)])) == 4
