"""From flags to a specification: every wrong flag is reported before a folder is made, and the replay is exact."""

import os
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stockstorm.loadtests import extras
from stockstorm.loadtests.cli import app as cli
from stockstorm.loadtests.cli import run as command
from stockstorm.loadtests.config.own_checks import SECRETS
from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.config.spec import RunSpec
from stockstorm.loadtests.extras import Extra
from stockstorm.simulator.errors import ScenarioError
from stockstorm.simulator.plan.planner import make_plan

DATABASE = "postgresql://mary:hush-hush@db.example/shop"


def smoke(**options: object) -> RunOptions:
    return RunOptions.model_validate({"scenario": "smoke", **options})


def refusal(options: RunOptions) -> str:
    with pytest.raises(ScenarioError) as caught:
        make_spec(options)
    assert not options.runs.exists(), "a folder was made for a run that cannot be"
    assert "hush" not in str(caught.value)
    return str(caught.value)


def replayed(spec: RunSpec, runs: Path, monkeypatch: pytest.MonkeyPatch) -> RunSpec:
    """What the replay line specifies, when a shell has read it."""
    found: list[RunSpec] = []

    def run(given: RunSpec, *_: object) -> None:
        found.append(given)
        raise SystemExit

    monkeypatch.setattr(command, "run", run)
    words = shlex.split(os.path.expandvars(spec.replay))
    CliRunner().invoke(cli.app, [*words[1:], "--runs", str(runs)])
    assert found, spec.replay
    return found[0]


def digest(spec: RunSpec) -> str:
    return make_plan("replay", spec.scenario, spec.options.seed).digest()


@pytest.mark.parametrize(
    "options",
    [
        smoke(seed=3),
        smoke(rate=123.456789, seconds=3.0000001, seed=2**62),
        smoke(faults=("kill_worker@1+0.5", "kill_receiver@2"), safety_stock=2, flaw="last_write_wins"),
        smoke(subject="http://127.0.0.1:8080/web hooks", api_port=9400, api_host="10.0.0.7"),
        smoke(subject="webhook", postgres="docker", cloud="fauxqs"),
        smoke(postgres="url", seconds=2.0),
    ],
    ids=["plain", "digits", "faults", "own", "cloud", "database"],
)
def test_the_replay_line_specifies_the_same_run(
    options: RunOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STOCKSTORM_POSTGRES_URL", DATABASE)
    for name in SECRETS.values():
        monkeypatch.setenv(name, "hush")
    spec = make_spec(options.model_copy(update={"runs": tmp_path}))
    again = replayed(spec, tmp_path / "again", monkeypatch)
    assert (again.scenario, again.replay) == (spec.scenario, spec.replay)
    assert again.options == spec.options.model_copy(update={"runs": tmp_path / "again"})
    assert digest(again) == digest(spec)
    assert "hush" not in "".join(path.read_text() for path in tmp_path.rglob("spec.json"))


def test_every_wrong_flag_is_reported_at_once_and_nothing_is_made(tmp_path: Path) -> None:
    wrong = smoke(seed=-1, subject="queue", flaw="lazy", postgres="dockr", api_port=70_000, runs=tmp_path / "runs")
    message = refusal(wrong)
    for word in ("5 problems", "--seed", "--subject", "--flaw", "--postgres: 'dockr' is unknown", "--api-port"):
        assert word in message


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://mary:hush@host:8080/hooks", "holds a user or password"),
        ("http://hush@host/hooks", "holds a user or password"),
        ("http://host/hooks?token=hush", "holds a query string or fragment"),
        ("http://host/hooks?", "holds a query string or fragment"),
        ("http://host/hooks#hush", "holds a query string or fragment"),
        ("http://host:hush/hooks", "cannot be read"),
        ("ftp://hush/hooks", "no http(s) URL"),
    ],
)
def test_a_subject_whose_url_may_hold_a_secret_is_refused_without_repeating_it(
    url: str, found: str, tmp_path: Path
) -> None:
    message = refusal(smoke(subject=url, runs=tmp_path / "runs"))
    assert found in message
    assert "give http://host" in message or "give e.g. http://127.0.0.1:8080/webhooks" in message


def test_the_reference_service_without_its_packages_is_told_with_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "PACKAGES", {**extras.PACKAGES, "reference": ("uvicorn", "no_such_package")})
    message = refusal(smoke(runs=tmp_path / "runs"))
    assert "needs packages that are not installed: no_such_package" in message
    assert "pip install 'stockstorm[reference]'" in message


@pytest.mark.parametrize(
    ("options", "extra"),
    [
        ({"subject": "queue-sqs"}, "aws"),
        ({"subject": "bus-eventbridge", "cloud": "docker"}, "aws,docker"),
        ({"subject": "bus-pubsub"}, "gcp"),
        ({"postgres": "docker"}, "docker"),
    ],
)
def test_what_an_architecture_lacks_is_told_before_anything_starts_with_all_its_extras(
    options: dict[str, str], extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = ("no_such_package.inside",)
    lacking: dict[Extra, tuple[str, ...]] = {"aws": none, "gcp": none, "docker": none}
    monkeypatch.setattr(extras, "PACKAGES", {**extras.PACKAGES, **lacking})
    assert f"pip install 'stockstorm[{extra}]'" in refusal(smoke(**options, runs=tmp_path / "runs"))
    smoke(runs=tmp_path / "runs").problems()
    assert smoke(subject="polling", cloud="docker", runs=tmp_path / "runs").problems() == []


def test_a_service_of_ones_own_cannot_be_killed_and_is_refused_before_the_load(tmp_path: Path) -> None:
    own = smoke(subject="http://host/hooks", faults=("kill_worker@1",), runs=tmp_path / "runs")
    assert "cannot apply its faults (kill_worker)" in refusal(own)


@pytest.mark.parametrize(
    ("options", "found", "remedy"),
    [
        (smoke(subject="polling", faults=("kill_receiver@1",)), "no receiver (kill_receiver)", "queue-postgres"),
        (smoke(subject="http://host/hooks", flaw="slow_handler"), "service of your own", "leave it out"),
        (smoke(subject="queue-sqs", flaw="no_order_dedup"), "cannot have", "queue-postgres"),
        (smoke(subject="bus-eventbridge", flaw="slow_handler"), "cannot have", "webhook"),
        (smoke(subject="polling", flaw="last_write_wins"), "cannot have", "bus-pubsub"),
        (smoke(subject="127.0.0.1:8080/hooks"), "has no scheme", "write http://127.0.0.1:8080/hooks"),
        (smoke(subject="shop.example/hooks"), "has no scheme", "write http://shop.example/hooks"),
    ],
)
def test_what_a_subject_cannot_do_is_reported_before_a_folder_is_made(
    options: RunOptions, found: str, remedy: str, tmp_path: Path
) -> None:
    message = refusal(options.model_copy(update={"runs": tmp_path / "runs"}))
    assert found in message
    assert remedy in message


def test_an_address_without_a_scheme_is_not_repeated_where_it_may_hold_a_secret(tmp_path: Path) -> None:
    message = refusal(smoke(subject="shop.example/hooks?key=hush", runs=tmp_path / "runs"))
    assert "or the URL of a running service" in message


@pytest.mark.parametrize(("word", "subject"), [("azure", "polling"), ("fauxqs", "queue-pubsub")])
def test_a_cloud_that_is_unknown_or_does_not_fit_is_reported_before_a_folder_is_made(
    word: str, subject: str, tmp_path: Path
) -> None:
    message = refusal(smoke(subject=subject, cloud=word, runs=tmp_path / "runs"))
    assert f"--cloud: {word!r} is" in message


def test_a_database_url_among_the_options_is_refused_with_the_variable_to_set(tmp_path: Path) -> None:
    message = refusal(smoke(postgres=DATABASE, runs=tmp_path / "runs"))
    assert "set the environment variable STOCKSTORM_POSTGRES_URL" in message


@pytest.mark.parametrize("value", ["", "mysql://mary:hush@host/db"])
def test_a_database_url_that_is_not_set_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("STOCKSTORM_POSTGRES_URL", value)
    message = refusal(smoke(postgres="url", runs=tmp_path / "runs"))
    assert "export STOCKSTORM_POSTGRES_URL=postgresql://" in message
