"""Runs `stockstorm` as a user would: a process of its own, with a runs folder of its own."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import run_module

Stockstorm = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def stockstorm() -> Stockstorm:
    """Calls the command line with these arguments; gives exit code and both outputs."""

    def call(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return run_module("loadtests.cli", [str(argument) for argument in arguments], environment)

    return call
