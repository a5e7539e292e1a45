"""Signals that are held wait, in this process and in one that is started meanwhile."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from stockstorm.loadtests.processes.signals import ENDING, held

CHILD = """
import signal
from stockstorm.loadtests.processes.signals import heed

signal.raise_signal(signal.{name})
print("goes on", flush=True)
signal.signal(signal.{name}, lambda *_: print("handled", flush=True))
heed()
"""


@pytest.fixture
def handled() -> Iterator[list[int]]:
    numbers: list[int] = []
    before = {number: signal.signal(number, lambda got, _frame: numbers.append(got)) for number in ENDING}
    yield numbers
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_a_signal_waits_until_the_end_of_the_block(handled: list[int], number: signal.Signals) -> None:
    with held():
        signal.raise_signal(number)
        within = list(handled)
    assert (within, handled) == ([], [number])


def test_what_was_held_before_stays_held(handled: list[int]) -> None:
    with held():
        with held():
            signal.raise_signal(signal.SIGTERM)
        assert handled == []
    assert handled == [signal.SIGTERM]


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_a_process_handles_what_it_got_before_it_could(number: signal.Signals) -> None:
    with held():
        command = [sys.executable, "-c", CHILD.format(name=number.name)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    printed, _ = child.communicate(timeout=60)
    assert (child.returncode, printed.split("\n")) == (0, ["goes on", "handled", ""])
