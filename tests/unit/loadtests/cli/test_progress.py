"""The progress of a run names its faults, on a terminal and in lines."""

import io

import msgspec
import pytest
from rich.console import Console

from stockstorm.loadtests.cli.options import QuietOptions
from stockstorm.loadtests.cli.progress import Progress
from stockstorm.loadtests.cli.quiet import progress_of
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.simulator.config import FaultKind

FIGURES = Live("rush", 3.2, 20.0, 10, 9, 1, 5.0, 40.0, 0)


def shown(*faults: tuple[FaultKind, ...], terminal: bool = False) -> str:
    stream = io.StringIO()
    progress = Progress(Console(file=stream, force_terminal=terminal, width=100), "run")
    with progress:
        for open_faults in faults:
            progress.live(msgspec.structs.replace(FIGURES, faults=open_faults))
    return stream.getvalue()


def test_lines_say_when_a_fault_begins_and_when_it_is_over() -> None:
    lines = shown((), ("kill_worker",), ("kill_worker", "pause_database"), ("pause_database",), ()).splitlines()
    assert [line for line in lines if "fault" in line or "over:" in line] == [
        "stockstorm: 3 s, fault: worker killed",
        "stockstorm: 3 s, fault: database paused",
        "stockstorm: 3 s, over: worker killed",
        "stockstorm: 3 s, over: database paused",
    ]


def test_the_panel_names_the_open_faults() -> None:
    assert "fault: worker killed, database paused" in shown(("kill_worker", "pause_database"), terminal=True)


def test_quiet_shows_no_progress_on_a_terminal_and_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    for quiet in (True, False):
        with Progress(progress_of(QuietOptions(quiet=quiet)), "run") as progress:
            progress.show("load")
            progress.live(FIGURES)
        assert bool(capsys.readouterr().err) is not quiet
