"""One field of a model is a flag everywhere: command line, Locust, replay line, check, specification."""

from pathlib import Path
from typing import Annotated

import configargparse  # type: ignore[import-untyped]  # it has no types
import pytest
import typer
from typer.testing import CliRunner

from stockstorm.loadtests.cli.command import callback_of
from stockstorm.loadtests.config import locust_options
from stockstorm.loadtests.config.flag import Flag, read_options, replay_line, require
from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.scenarios.problems import Problem
from stockstorm.simulator.errors import ScenarioError


def _short(note: str) -> Problem | None:
    return Problem("--note", "it is too long", "write at most 20 characters") if len(note) > 20 else None


class Extended(RunOptions):
    """The options of a run, and a new flag: this one line."""

    note: Annotated[str, Flag("a remark", check=_short)] = ""


def on_the_command_line(*words: str) -> Extended:
    found: list[Extended] = []

    app = typer.Typer()
    app.command()(callback_of(Extended, lambda options, _context: found.append(options)))
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return found[0]


def test_a_new_field_is_an_option_of_the_command_line_with_its_help() -> None:
    assert on_the_command_line("smoke", "--note", "hello").note == "hello"
    assert on_the_command_line("smoke") == Extended(scenario="smoke")


def test_a_new_field_is_an_option_of_locust(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locust_options, "RunOptions", Extended)
    parser = configargparse.ArgumentParser()
    locust_options.add_options(parser)
    found = locust_options.read_locust_options(parser.parse_args(["--note", "hello"]))
    assert found == Extended(scenario="smoke", note="hello")


def test_a_new_field_is_in_the_replay_line_and_is_checked() -> None:
    options = Extended(scenario="smoke", note="two words")
    assert replay_line("run", options) == "stockstorm run smoke --seed 1 --note 'two words'"
    with pytest.raises(ScenarioError, match="--note: it is too long"):
        require(Extended(scenario="smoke", note="x" * 21).problems())


def test_a_new_field_travels_as_json() -> None:
    options = Extended(scenario="smoke", note="hello", faults=("kill_worker@1",), runs=Path("elsewhere"))
    assert Extended.model_validate_json(options.model_dump_json()) == options


def test_everything_that_cannot_be_understood_is_reported_at_once() -> None:
    with pytest.raises(ScenarioError) as caught:
        read_options(Extended, {"scenario": "smoke", "sed": 1, "rate": "fast", "note": "x" * 21})
    said = str(caught.value)
    assert "--sed: there is no such option" in said
    assert "--rate: input should be a valid number" in said
