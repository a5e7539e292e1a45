"""A signal ends the run also when the exception of its handler is lost."""

import signal
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.loadtests.ipc.pipe import Pipe, make_pair
from stockstorm.loadtests.orchestrator import process
from stockstorm.loadtests.processes.signals import ENDING

FIGURES = Live("sale", 1.0, 5.0, 10, 10, 0, 5.0, 100.0, 0)


class LosesOne:
    """A run whose first signal comes where Python drops exceptions."""

    def run(self, _pid: int, _show: Callable[[str], None], live: Callable[[Live], None]) -> None:
        live(FIGURES)
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            pass
        else:
            raise AssertionError("the handler raised nothing")
        live(FIGURES)
        raise AssertionError("the run went on")


def test_an_interruption_that_was_lost_ends_the_run_at_its_next_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_generator", lambda *_: nullcontext((None, 0)))
    monkeypatch.setattr(process, "make_orchestrator", lambda *_: LosesOne())
    monkeypatch.setattr(process, "_interruptions", [])
    before = {number: signal.signal(number, process._interrupt) for number in ENDING}
    spec = make_spec(RunOptions(scenario="smoke", runs=tmp_path))
    ours, theirs = make_pair()
    try:
        with ours, theirs, pytest.raises(KeyboardInterrupt):
            process._conduct(spec, 0, Pipe(theirs))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
