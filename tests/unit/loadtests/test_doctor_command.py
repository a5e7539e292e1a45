"""What `stockstorm doctor` refuses before it sends anything, and what stays on the disk."""

import os
import tempfile
from pathlib import Path

import pytest

from stockstorm.loadtests.cli import doctor
from stockstorm.loadtests.cli.app import app
from stockstorm.loadtests.cli.options.doctor import DoctorOptions
from stockstorm.loadtests.doctor.examine import Finding
from stockstorm.loadtests.https.authority import Authority
from stockstorm.loadtests.invocation import exit_code_of, invoke
from stockstorm.loadtests.subjects.own.file import SubjectFile
from stockstorm.simulator.errors import BackingError, StockstormError, SubjectError

SECRET = "STOCKSTORM_CLIENT_SECRET"
STARTED = 'webhooks = "http://127.0.0.1:${port}/x"\n[life]\nstart = "serve"\n'


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv(SECRET, "secret of a test")


def ending(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """The visit ends so. Nothing is started."""

    def visit(*_: object) -> None:
        raise error

    monkeypatch.setattr(doctor, "visit", visit)


def doctor_of(*words: str) -> int:
    return exit_code_of(lambda: invoke(app, ["doctor", *words]))


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("service", "neither a subject file nor a URL"),
        ("localhost:8080/webhooks", "neither a subject file nor a URL"),
        ("ftp://127.0.0.1/x", "no http(s) URL"),
        ("http://u:p@127.0.0.1/x", "holds a user or password"),
    ],
)
def test_a_word_that_names_no_service_is_refused(word: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor_of(word) == 4
    assert told in capsys.readouterr().err


def test_a_running_service_whose_secret_is_unknown_is_not_accused_of_refusing_everything(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(SECRET)
    assert doctor_of("http://127.0.0.1:1/x") == 4
    assert f"{SECRET}: is not set" in capsys.readouterr().err


def test_another_machine_is_visited_only_when_it_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ending(SubjectError("x", "visited", "y"), monkeypatch)
    assert doctor_of("http://192.0.2.1/x") == 4
    assert "--allow-host 192.0.2.1" in capsys.readouterr().err
    assert doctor_of("http://192.0.2.1/x", "--allow-host", "192.0.2.1") == 5


@pytest.mark.parametrize(
    ("error", "starts", "kept"),
    [
        (SubjectError("x", "it exited", "read its log"), True, True),
        (SubjectError("x", "nobody answers", "start it"), False, False),
        (BackingError("x", "the shop did not start", "read its log"), False, True),
        (KeyboardInterrupt(), True, False),
    ],
)
def test_its_folder_stays_only_where_a_log_in_it_tells_why(
    tmp_path: Path,
    error: StockstormError | KeyboardInterrupt,
    starts: bool,
    kept: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ending(error, monkeypatch)
    (tmp_path / "subject.toml").write_text(STARTED)
    doctor_of(str(tmp_path / "subject.toml") if starts else "http://127.0.0.1:1/x")
    assert len(list(tmp_path.glob("stockstorm-doctor-*"))) == kept


@pytest.mark.parametrize(
    ("options", "command"),
    [
        ({}, "--subject subject.toml"),
        ({"subject": "my service.toml", "api_port": 9500}, "--subject 'my service.toml' --api-port 9500"),
        ({"subject": "http://127.0.0.1:1/x"}, "--subject http://127.0.0.1:1/x --api-port 9400"),
    ],
)
def test_the_next_command_can_be_copied(options: dict[str, str | int], command: str) -> None:
    assert doctor.first_run(DoctorOptions(**options)) == f"stockstorm run smoke {command}"


def test_the_next_command_plays_the_scenario_that_init_wrote(tmp_path: Path) -> None:
    (tmp_path / "first.toml").write_text("")
    subject = tmp_path / "subject.toml"
    command = doctor.first_run(DoctorOptions(subject=str(subject)))
    assert command == f"stockstorm run {tmp_path / 'first.toml'} --subject {subject}"
    assert doctor.first_run(DoctorOptions(subject="http://127.0.0.1:1/x")).startswith("stockstorm run smoke ")


def test_the_authority_of_a_certificate_is_read_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []

    def visit(file: SubjectFile, *_: object) -> None:
        seen.append(file.ca)
        raise SubjectError("x", "visited", "y")

    monkeypatch.setattr(doctor, "visit", visit)
    url = "https://127.0.0.1:1/x"
    assert doctor_of(url, "--ca", str(tmp_path / "no.pem")) == 5
    assert "no.pem cannot be used" in capsys.readouterr().err
    os.mkfifo(tmp_path / "pipe.pem")
    assert doctor_of(url, "--ca", str(tmp_path / "pipe.pem")) == 5
    assert "pipe.pem cannot be used" in capsys.readouterr().err
    assert seen == []
    made = Authority(tmp_path / "authority")
    assert doctor_of(url, "--ca", str(made.certificate)) == 5
    assert seen == [str(made.certificate)]


def test_in_one_line_it_names_what_is_to_be_mended_first() -> None:
    good, bad = Finding("clock", "good", "fine"), Finding("genuine webhooks", "bad", "5 of 5 refused", "mend")
    assert doctor.in_one_line([good]) == "✓ ready for a first run"
    assert doctor.in_one_line([good, bad]) == "✕ genuine webhooks: 5 of 5 refused"
    assert doctor.in_one_line([bad, good, bad]) == "✕ genuine webhooks: 5 of 5 refused (and 1 more)"
