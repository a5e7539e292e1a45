"""Runs `stockstorm` as a process, as a user would, and opens a browser."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from stockstorm.loadtests.cli.app import app
from stockstorm.loadtests.invocation import exit_code_of, invoke
from tests.running import run_module

Stockstorm = Callable[..., subprocess.CompletedProcess[str]]
InProcess = Callable[..., subprocess.CompletedProcess[str]]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def stockstorm() -> Stockstorm:
    """Calls the command line with these arguments; gives exit code and both outputs."""

    def call(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return run_module("stockstorm", [str(argument) for argument in arguments], environment)

    return call


@pytest.fixture
def in_process(capsys: pytest.CaptureFixture[str]) -> InProcess:
    """The same for what is refused before a process is started: to start the program takes longer than to refuse."""

    def call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        words = [str(argument) for argument in arguments]
        code = exit_code_of(lambda: invoke(app, words))
        printed = capsys.readouterr()
        return subprocess.CompletedProcess(words, code, printed.out, printed.err)

    return call


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path. Without a browser the test is skipped with a reason; in CI it fails."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        why = (
            f"pages NOT tested in a browser: none of {', '.join(CHROMIUMS)} is installed (Debian: apt install chromium)"
        )
        if os.environ.get("STOCKSTORM_CI"):
            pytest.fail(why)
        pytest.skip(why)
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for a module: while it lives no other event loop can run in this thread."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()
