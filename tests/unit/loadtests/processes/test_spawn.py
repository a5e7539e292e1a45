"""A short command gives its output, or None whatever goes wrong, and in bounded time."""

import time

import pytest

from stockstorm.loadtests.processes.spawn import OUTPUT_MAX_BYTES, output_of


def test_the_output_of_a_command() -> None:
    assert output_of(["echo", "a b"], 20.0) == "a b\n"


@pytest.mark.parametrize("command", [["false"], ["/nowhere/program"], ["sh", "-c", "echo x; exit 3"]])
def test_a_command_that_fails_gives_none(command: list[str]) -> None:
    assert output_of(command, 20.0) is None


@pytest.mark.parametrize("command", ["sleep 60", "exec >&-; sleep 60", "yes"])
def test_a_command_that_does_not_end_is_ended(command: str) -> None:
    begun = time.monotonic()
    assert output_of(["sh", "-c", command], 0.2) is None
    assert time.monotonic() - begun < 30  # of 60


def test_output_is_bounded() -> None:
    printed = output_of(["sh", "-c", f"head -c {2 * OUTPUT_MAX_BYTES} /dev/zero"], 20.0)
    assert printed is not None
    assert len(printed) == OUTPUT_MAX_BYTES
