"""One test start inside Locust: finds or starts the orchestrator, builds the driver, and conducts the run.

Locust's users and its load shape read `started`, `finished`, `hosts` and `ended` here.
"""

import argparse
import itertools
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol

import gevent
from gevent.event import Event as Signal

from stockstorm.loadtests.config.locust_options import read_locust_options
from stockstorm.loadtests.config.spec import RunSpec
from stockstorm.loadtests.exits import VERDICT_CODES, ExitCode, exit_code, unforeseen
from stockstorm.loadtests.generator.driver import Driver
from stockstorm.loadtests.generator.figures import LocustStatistics
from stockstorm.loadtests.ipc.messages import (
    Abort,
    FaultBegun,
    FaultOver,
    Finished,
    Go,
    Listening,
    PendingCounted,
    SentError,
    Setup,
)
from stockstorm.loadtests.ipc.pipe import FD_VARIABLE, Pipe, PipeClosed, make_pair
from stockstorm.loadtests.limits import POLL_S
from stockstorm.loadtests.processes.launch import launched
from stockstorm.loadtests.processes.spawn import exit_code as spawned_exit_code
from stockstorm.loadtests.processes.spawn import spawn
from stockstorm.simulator.errors import StockstormError

SUPERVISOR: Final = "stockstorm.loadtests.orchestrator.by_locust"

logger = logging.getLogger("stockstorm")
_parent = Pipe.from_environment()  # once per process: the end that `stockstorm run` passed down


class LocustEnvironment(Protocol):
    """The part of `locust.env.Environment` that is used. Importing Locust would patch the standard library of tests."""

    process_exit_code: int | None
    parsed_options: argparse.Namespace | None
    events: Any  # locust.event.Events
    stats: Any  # locust.stats.RequestStats


class Host(Protocol):
    """A Locust user that hosts connections."""

    def spawn(self, serve: Callable[[], None]) -> None: ...


class OrchestratorProcess:
    """The orchestrator's supervisor as a child process, for a run that was started from Locust by hand."""

    def __init__(self, spec: RunSpec) -> None:
        ours, theirs = make_pair()
        with theirs:
            theirs.set_inheritable(True)
            environment = {**os.environ, FD_VARIABLE: str(theirs.fileno())}
            self._pid = spawn(launched([sys.executable, "-m", SUPERVISOR, str(spec.file)]), environment)
        self.pipe = Pipe(ours)

    def wait(self) -> int:
        """Waits for its end, while other greenlets run. Returns its exit code, which is the run's."""
        while (code := spawned_exit_code(self._pid)) is None:
            gevent.sleep(POLL_S)
        return code


class Session:
    """Lives from Locust's test start to the end of the run."""

    def __init__(self, environment: LocustEnvironment) -> None:
        self.hosts: list[Host] = []
        self.ended = Signal()
        self.started = self.finished = False
        self._turns = itertools.count()
        self._environment = environment
        self._driver: Driver | None = None
        self._reason = ""

    def start(self) -> None:
        gevent.spawn(self._run)

    def stop(self, reason: str) -> None:
        """Ends the run early. Its history is kept and its verdict is unknown."""
        if not self.finished:
            self._reason = self._reason or reason
            if self._driver is not None:
                self._driver.stop(reason)

    def _run(self) -> None:
        try:
            if _parent is not None:
                self._converse(_parent)
            else:
                from stockstorm.loadtests.config.run_spec import make_spec  # noqa: PLC0415 - only of a Locust by hand

                orchestrator = OrchestratorProcess(make_spec(read_locust_options(self._environment.parsed_options)))
                self._converse(orchestrator.pipe)
                self._pass_on_verdict(orchestrator.wait())
        except StockstormError as error:
            logger.error("%s", error)
            self._environment.process_exit_code = exit_code(error)
        except Exception as error:  # a defect must not look like a verdict, and Locust alone would exit with 0
            logger.exception("%s", unforeseen(error))
            self._environment.process_exit_code = ExitCode.INTERNAL
        finally:
            self.finished = True
            self.ended.set()

    def _converse(self, pipe: Pipe) -> None:
        try:
            self._follow(pipe)
        except PipeClosed as error:
            logger.error("the connection to the orchestrator closed: %s", error)
        except Exception as error:
            with suppress(PipeClosed):
                pipe.send(_abort(unforeseen(error)))
            raise

    def _follow(self, pipe: Pipe) -> None:
        """Does what the orchestrator asks for. Raises PipeClosed when the run cannot begin or the orchestrator ended.

        There is no time limit: databases and images can take long, and an orchestrator that dies closes the pipe.
        """
        setup = pipe.receive()
        if not isinstance(setup, Setup):
            raise PipeClosed("it sent no set-up")
        driver = self._open_driver(setup, pipe)
        try:
            go = pipe.receive()
        except PipeClosed:
            driver.discard()
            raise
        if not isinstance(go, Go):
            driver.discard()
            pipe.send(Abort(reason="the run did not begin"))
            raise PipeClosed("the subject did not become ready")
        watch = gevent.spawn(self._watch, pipe, driver)
        try:
            complete = driver.conduct(go, self._begin_hosting)
        finally:
            watch.kill()
        state = driver.state
        pipe.send(Finished(complete, state.reason, SentError.of(state.error) if state.error else None))

    def _open_driver(self, setup: Setup, pipe: Pipe) -> Driver:
        """A driver that listens. When there can be none, sends the orchestrator the reason and raises PipeClosed."""
        spec = RunSpec.model_validate_json(bytes(setup.spec))
        try:
            statistics = LocustStatistics(self._environment.events.request.fire, self._environment.stats)
            driver = Driver(setup, spec, pipe.send, statistics, self._spawn)
            try:
                port = driver.listen()
            except BaseException:
                driver.discard()
                raise
        except (StockstormError, OSError) as error:
            pipe.send(_abort(error if isinstance(error, StockstormError) else unforeseen(error)))
            raise PipeClosed(str(error)) from None
        self._driver = driver
        if self._reason:
            driver.state.abort(self._reason)
        pipe.send(Listening(port=port))
        return driver

    def _watch(self, pipe: Pipe, driver: Driver) -> None:
        """Handles the orchestrator's messages during the run: recovered processes, pending work, the wish to stop."""
        try:
            while isinstance(message := pipe.receive(), FaultBegun | FaultOver | PendingCounted):
                match message:
                    case PendingCounted():
                        driver.counted(message)
                    case FaultBegun():
                        driver.fault_begun()
                    case FaultOver():
                        driver.recovered()
            driver.state.abort(message.reason if isinstance(message, Abort) else "the orchestrator interrupted the run")
        except PipeClosed:
            driver.state.abort("the orchestrator ended during the run")

    def _begin_hosting(self) -> None:
        self.started = True

    def _spawn(self, serve: Callable[[], None]) -> None:
        """Gives a connection to the next host in turn, or to a greenlet of its own while there is no host."""
        if self.hosts:
            self.hosts[next(self._turns) % len(self.hosts)].spawn(serve)
        else:
            gevent.spawn(serve)

    def _pass_on_verdict(self, code: int) -> None:
        self._environment.process_exit_code = code
        names: dict[int, str] = {value: name for name, value in VERDICT_CODES.items()}
        logger.info("verdict: %s", names.get(code, f"none (exit code {code})"))


def _abort(error: StockstormError) -> Abort:
    return Abort(reason=str(error), error=SentError.of(error))
