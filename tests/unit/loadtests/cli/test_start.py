"""How the program starts: what a start does not need is not imported. Modules are counted, since seconds vary."""

import os
import subprocess
import sys
from typing import Final

import pytest

from stockstorm.loadtests.cli.command import command_of, model_of
from stockstorm.loadtests.cli.commands import COMMANDS
from tests.running import ROOT

LOADED: Final = """
import sys
{code}
print(*sorted(sys.modules), file=sys.stderr)
"""
RUN: Final = """
from stockstorm.loadtests.cli.app import main
for words in {lines!r}:
    sys.argv = ["stockstorm", *words.split()]
    try:
        main()
    except SystemExit as left:
        assert not left.code, words
"""
HEAVY: Final = ("gevent", "graphql", "cryptography", "jinja2", "httpx", "locust", "faker", "prometheus_client")
MODELS: Final = ("stockstorm.loadtests.config.flag", "stockstorm.scenarios.spec")
JUDGE: Final = ("stockstorm.reports.history", "stockstorm.reports.checkers", "stockstorm.reports.render.html")


def loaded(code: str, **variables: str) -> set[str]:
    """The modules of a fresh process that ran this."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(code=code)],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.splitlines()[-1].split())


def after(*lines: str, **variables: str) -> set[str]:
    """The modules of a fresh process that was given these command lines, one after the other."""
    return loaded(RUN.format(lines=lines), **variables)


def needless(found: set[str], *names: str) -> list[str]:
    return [name for name in names if name in found]


def test_version_and_help_import_no_command() -> None:
    assert needless(after("--version"), "rich", *MODELS, *HEAVY, *JUDGE) == []
    assert needless(after("--help"), *MODELS, *HEAVY, *JUDGE) == []


@pytest.mark.parametrize("line", ["stockstorm r", "stockstorm run flash_s"])
def test_a_shell_that_asks_for_words_imports_no_work(line: str) -> None:
    asked = {"_STOCKSTORM_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    models = MODELS if line.count(" ") == 1 else ()
    assert needless(after("", **asked), *models, *HEAVY, *JUDGE) == []


def test_help_of_a_command_imports_no_work() -> None:
    """Except the judge for `prove`, whose flaws name the checks that must find them."""
    found = after(*(f"{command} --help" for command in COMMANDS if command != "prove"))
    assert needless(found, *HEAVY, *JUDGE) == []


def test_each_process_imports_what_it_uses() -> None:
    """Modules that were imported needlessly once, by process."""
    found = loaded("import stockstorm.loadtests.orchestrator.process")
    assert needless(found, "typer", "gevent", "cryptography", "graphql", "jinja2", *JUDGE) == []
    found = loaded("import stockstorm.loadtests.cli.run")
    assert needless(found, "gevent", "cryptography", "graphql", "jinja2", "httpx") == []
    found = loaded("import stockstorm.loadtests.cli.check")
    assert needless(found, "gevent", "cryptography", "graphql", "psutil", "httpx") == []
    found = loaded("import stockstorm.reference_service.__main__")
    assert needless(found, "stockstorm.reference_service.flaws", "google.cloud", "botocore") == []
    found = loaded("import stockstorm.loadtests.cli.doctor")
    assert needless(found, "gevent", "cryptography", "graphql", "jinja2", "stockstorm.simulator.world") == []


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_what_is_listed_exists(command: str) -> None:
    """Its options and its work are names in text, which no type checker reads."""
    listed = COMMANDS[command]
    assert model_of(listed).__name__.endswith("Options")
    assert command_of(command).help
