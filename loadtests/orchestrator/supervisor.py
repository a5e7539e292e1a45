"""Runs the orchestrator in a process of its own, and ends the run in any case: done, broken off, or hung.

Whatever happens in the orchestrator (a call that holds the interpreter lock, a fork handler that waits for ever, a
SIGKILL) cannot reach this process, which does nothing but wait. What hangs is ended with the stacks of all its threads.
Then the recorded facts are completed, and nothing of the run stays behind.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from stockstorm.loadtests.config.checks import POSTGRES_URL, POSTGRES_URL_VARIABLE
from stockstorm.loadtests.config.spec import RunSpec
from stockstorm.loadtests.ipc.messages import Finished, Live, Step
from stockstorm.loadtests.ipc.pipe import FD_VARIABLE, SUPERVISOR_FD_VARIABLE, Pipe, PipeClosed, make_pair
from stockstorm.loadtests.limits import (
    RUN_BREAKS_OFF_WITHIN_S,
    RUN_FINAL_READS_MAX_S,
    RUN_FINAL_READS_SHARE,
    RUN_IMAGES_MAX_S,
    RUN_SILENT_MAX_S,
    RUN_START_MAX_S,
    STILL_MAX_S,
)
from stockstorm.loadtests.orchestrator.ending import INTERRUPTED, Ending, Show
from stockstorm.loadtests.processes import stacks
from stockstorm.loadtests.processes.child import Child
from stockstorm.loadtests.processes.of_run import RUN_VARIABLE, end_processes_of, processes_of
from stockstorm.loadtests.processes.scratch import sweep
from stockstorm.loadtests.processes.signals import held
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.errors import BackingError, InternalError, StockstormError
from stockstorm.simulator.history.blocks import Damaged, pieces, read_blocks
from stockstorm.simulator.history.facts import RunEnded
from stockstorm.simulator.io.journal import Journal

MODULE: Final = "stockstorm.loadtests.orchestrator.process"
TICK_S: Final = 0.5
STOOD_STILL_MIN_S: Final = 5.0  # beyond a tick
EXITS_WITHIN_S: Final = 15.0  # after its last message; it waits up to 10 s for the generator
PARTS_END_WITHIN_S: Final = 12.0  # after the orchestrator is gone; the generator lets attempts in flight end
SAME_SIGNAL_S: Final = 1.0  # `timeout` and a closing terminal send two signals at once, and mean one


class HandStarted(msgspec.Struct, frozen=True):
    """A generator that runs already, because a user started Locust."""

    pid: int
    fd: int  # of the pipe to it


class Limits(msgspec.Struct, frozen=True):
    """How long a run may take, and how long its orchestrator may be silent, in seconds."""

    total_s: float
    silent_s: float


def limits_of(spec: RunSpec) -> Limits:
    """The sum of what each part of the run may take at most."""
    pulls = "docker" in (spec.options.postgres, spec.options.cloud) or spec.options.cloud == "real"
    images_s = RUN_IMAGES_MAX_S if pulls else 0.0
    scenario = spec.scenario
    end_s = RUN_FINAL_READS_MAX_S + RUN_FINAL_READS_SHARE * scenario.load_s
    return Limits(RUN_START_MAX_S + images_s + _load_s(scenario) + end_s, RUN_SILENT_MAX_S + images_s)


def _load_s(scenario: Scenario) -> float:
    return max(scenario.load_s, scenario.faults_end_s) + scenario.quiesce.max_s + STILL_MAX_S


class Supervisor:
    """One run. `show` gets a sentence at each step, `live` the figures."""

    def __init__(
        self, spec: RunSpec, show: Show, live: Callable[[Live], None], by_hand: HandStarted | None = None
    ) -> None:
        self._spec, self._show, self._live, self._by_hand = spec, show, live, by_hand
        self._limits = limits_of(spec)
        self._interrupted_s = 0.0
        self._interruption: KeyboardInterrupt | None = None
        self._cut_short = False
        ours, theirs = make_pair()
        with theirs, held():
            self._child = self._start(theirs.fileno())
        self._pipe = Pipe(ours)
        sweep()  # what killed runs left
        self._began_s = self._heard_s = self._awake_s = time.monotonic()

    def run(self) -> Ending:
        """Runs to the end, whatever that is. Interruptions end the run in order, and a second one ends it at once."""
        try:
            while True:
                try:
                    return self._follow()
                except KeyboardInterrupt as interruption:
                    self._interruption = self._interruption or interruption
                    self._interrupt()
        finally:
            self._pipe.close()
            self._child.stop(0.0)

    def _start(self, fd: int) -> Child:
        environment = {**os.environ, RUN_VARIABLE: str(self._spec.folder), SUPERVISOR_FD_VARIABLE: str(fd)}
        command, fds = [sys.executable, "-m", MODULE, str(self._spec.file)], [fd]
        if self._by_hand is not None:
            environment[FD_VARIABLE] = str(self._by_hand.fd)
            command.append(str(self._by_hand.pid))
            fds.append(self._by_hand.fd)
        log = self._log("orchestrator")
        return Child("orchestrator", command, environment, log, pass_fds=fds, with_parent=signal.SIGTERM)

    def _follow(self) -> Ending:
        self._awake_s = time.monotonic()
        while not self._cut_short and not (hangs := self._hangs()):
            try:
                message = self._pipe.receive(TICK_S)
            except PipeClosed:
                return self._broken_off(self._died(), collect=False)
            if message is not None:
                self._heard_s = time.monotonic()
            match message:
                case Step(text=text):
                    self._show(text)
                case Live():
                    self._live(message)
                case Finished():
                    return self._finished(message)
        found = INTERRUPTED if self._cut_short else hangs
        return self._broken_off(found, collect=not self._cut_short)

    def _hangs(self) -> str:
        """Why the run counts as hung; "" if it does not."""
        now_s = time.monotonic()
        self._leave_out(now_s - self._awake_s)
        self._awake_s = now_s
        if self._interrupted_s:
            late = now_s - self._interrupted_s > RUN_BREAKS_OFF_WITHIN_S
            return f"it did not end within {RUN_BREAKS_OFF_WITHIN_S:.0f} s of the interruption" if late else ""
        if now_s - self._began_s > self._limits.total_s:
            return f"the run did not end within {self._limits.total_s:.0f} s"
        silent = now_s - self._heard_s > self._limits.silent_s
        return f"it gave no sign for {self._limits.silent_s:.0f} s" if silent else ""

    def _leave_out(self, round_s: float) -> None:
        """The time in which this process stood still, by Ctrl-Z or before a terminal that takes no more (Ctrl-S).

        The run goes on meanwhile, and its signs are read afterwards.
        """
        if (stood_s := round_s - TICK_S) > STOOD_STILL_MIN_S:
            self._began_s += stood_s
            self._heard_s += stood_s
            if self._interrupted_s:
                self._interrupted_s += stood_s

    def _interrupt(self) -> None:
        now_s = time.monotonic()
        if not self._interrupted_s:
            self._interrupted_s = now_s
            with suppress(ProcessLookupError):
                os.kill(self._child.pid, signal.SIGINT)
        elif now_s - self._interrupted_s > SAME_SIGNAL_S:
            self._cut_short = True

    def _died(self) -> str:
        """How the orchestrator ended without a last message."""
        deadline = time.monotonic() + EXITS_WITHIN_S
        while (code := self._child.exit_code) is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if code is None:
            return "it closed its connection and did not end"
        return f"it ended by signal {-code}" if code < 0 else f"it ended with code {code} and without a message"

    def _finished(self, message: Finished) -> Ending:
        """The orchestrator has written the end of the history, and exits."""
        deadline = time.monotonic() + EXITS_WITHIN_S
        while self._child.exit_code is None and time.monotonic() < deadline:
            time.sleep(0.01)
        if self._child.exit_code is None:
            self._collect_stacks()
        if self._child.exit_code != 0:
            self._end_everything()
        cause = message.error.error() if message.error else None
        fact = RunEnded(at_ns=time.monotonic_ns(), complete=message.complete, reason=message.reason)
        interruption = self._interruption or KeyboardInterrupt(message.reason)
        return Ending(fact, cause or (interruption if message.reason == INTERRUPTED else None))

    def _broken_off(self, found: str, *, collect: bool) -> Ending:
        """Ends every process of the run, and completes the history."""
        cause: StockstormError | KeyboardInterrupt
        if self._interrupted_s and not collect:
            cause, reason = self._interruption or KeyboardInterrupt(), INTERRUPTED
        else:
            log = self._log("orchestrator")
            remedy = f"read {self._collect_stacks() if collect else log}"
            cause = InternalError("orchestrator", found, f"{remedy}; what was recorded is kept")
            reason = str(cause)
        self._show("ending what is left of the run")
        self._end_everything()
        return Ending(complete_history(self._spec.history_path, reason), cause)

    def _collect_stacks(self) -> Path:
        file = self._spec.folder / stacks.FILE
        suspects = [stacks.Suspect("orchestrator", self._child.pid, self._log("orchestrator"))]
        if self._by_hand is not None:
            suspects.append(stacks.Suspect("generator", self._by_hand.pid, None))
        suspects += [
            stacks.Suspect("generator", process.pid, self._log("locust"))
            for process in processes_of(self._spec.folder)
            if process.ppid() == self._child.pid and "locust" in process.cmdline()
        ]
        return stacks.collect(suspects, file)

    def _end_everything(self) -> None:
        self._child.kill()
        end_processes_of(self._spec.folder, PARTS_END_WITHIN_S)
        sweep()
        self._sweep_databases()

    def _sweep_databases(self) -> None:
        """On a server of the user's own."""
        if self._spec.options.postgres == POSTGRES_URL and (url := os.environ.get(POSTGRES_URL_VARIABLE)):
            from stockstorm.loadtests.backing.postgres.at_url import sweep_databases  # noqa: PLC0415 - seldom needed

            with suppress(BackingError):  # the server may be what ended the run
                sweep_databases(url)

    def _log(self, name: str) -> Path:
        return self._spec.logs / f"{name}.log"


def complete_history(path: Path, reason: str) -> RunEnded:
    """Appends the end of a run that was broken off, unless its orchestrator had done so."""
    ended = RunEnded(at_ns=time.monotonic_ns(), complete=False, reason=reason)
    if not _has_end(path):
        with Journal(path) as journal:
            journal.write([ended])
    return ended


def _has_end(path: Path) -> bool:
    last = b""
    try:
        with path.open("rb") as file:
            for block in read_blocks(pieces(file)):
                last = block.lines or last
    except (OSError, Damaged):
        return False
    return b'"RunEnded"' in last
