"""One test start inside Locust: finds or starts the stage, builds the driver, conducts the run, tells the verdict.

Locust's users and its shape read `started`, `finished`, `hosts` and `ended` here.
"""

import logging
import os
import sys
from contextlib import suppress
from typing import Any

import gevent
import gevent.subprocess
from gevent.event import Event as Signal

from stockstorm.loadtests.config.locust_options import read_locust_options
from stockstorm.loadtests.config.run_spec import RunSpec, make_spec
from stockstorm.loadtests.exits import VERDICT_CODES, ExitCode, exit_code, internal_error
from stockstorm.loadtests.generator.driver import Driver
from stockstorm.loadtests.ipc.messages import Abort, Finished, Go, Listening, Mended, SentError, Setup
from stockstorm.loadtests.ipc.pipe import FD_VARIABLE, Pipe, PipeClosed, make_pair
from stockstorm.simulator.errors import StockstormError

logger = logging.getLogger("stockstorm")
_parent = Pipe.from_environment()  # once per process: the end that `stockstorm run` passed down


class Session:
    """Lives from Locust's test start to the end of the run."""

    def __init__(self, environment: Any) -> None:
        self.hosts: list[Any] = []
        self.ended = Signal()
        self.started = self.finished = False
        self._environment = environment
        self._companion: Any = None
        self._driver: Driver | None = None
        self._reason = ""

    def start(self) -> None:
        gevent.spawn(self._live)

    def stop(self, reason: str) -> None:
        """Ends the run early; its history is kept and its verdict is unknown."""
        if not self.finished:
            self._reason = self._reason or reason
            if self._driver is not None:
                self._driver.stop(reason)

    def _live(self) -> None:
        try:
            pipe = _parent or self._start_companion()
            try:
                self._converse_or_abort(pipe)
            except PipeClosed as error:
                logger.error("the stage is gone: %s", error)
            self._wait_for_companion()
        except StockstormError as error:
            logger.error("%s", error)
            self._environment.process_exit_code = exit_code(error)
        except Exception as error:  # a defect of ours is no verdict, and Locust alone would end with 0
            logger.exception("%s", internal_error(error))
            self._environment.process_exit_code = ExitCode.INTERNAL
        finally:
            self.finished = True
            self.ended.set()

    def _converse_or_abort(self, pipe: Pipe) -> None:
        try:
            self._converse(pipe)
        except PipeClosed:
            raise
        except Exception as error:
            with suppress(PipeClosed):
                pipe.send(_abort(internal_error(error)))
            raise

    def _converse(self, pipe: Pipe) -> None:
        """Databases and images may take their time, so nothing here has a bound: a stage that dies closes the pipe."""
        setup = pipe.receive()
        if not isinstance(setup, Setup):
            raise PipeClosed("no set-up came")
        driver = self._open_driver(setup, pipe)
        try:
            go = pipe.receive()
        except PipeClosed:
            driver.discard()
            raise
        if not isinstance(go, Go):
            driver.discard()
            pipe.send(Abort(reason="nothing was played"))
            raise PipeClosed("the subject did not become ready")
        watch = gevent.spawn(self._watch, pipe, driver)
        try:
            complete = driver.conduct(go)
        finally:
            watch.kill()
        error = SentError.of(driver.error) if driver.error else None
        pipe.send(Finished(complete=complete, reason=driver.reason, error=error))

    def _open_driver(self, setup: Setup, pipe: Pipe) -> Driver:
        """A driver that listens. Tells the stage why there is none, and raises PipeClosed then."""
        spec = RunSpec.model_validate_json(bytes(setup.spec))
        try:
            driver = Driver(setup, spec, self._environment, pipe.send, self)
            try:
                port = driver.listen()
            except BaseException:
                driver.discard()
                raise
        except (StockstormError, OSError) as error:
            pipe.send(_abort(error if isinstance(error, StockstormError) else internal_error(error)))
            raise PipeClosed(str(error)) from None
        self._driver = driver
        if self._reason:
            driver.abort(self._reason)
        pipe.send(Listening(port=port))
        return driver

    def _watch(self, pipe: Pipe, driver: Driver) -> None:
        """The stage says during load what is mended, that it wants to stop, or that it is gone."""
        try:
            while isinstance(message := pipe.receive(), Mended):
                driver.mended()
            driver.abort(message.reason if isinstance(message, Abort) else "the stage interrupted")
        except PipeClosed:
            driver.abort("the stage is gone")

    def _start_companion(self) -> Pipe:
        spec = make_spec(read_locust_options(self._environment.parsed_options))
        ours, theirs = make_pair()
        command = [
            sys.executable,
            "-m",
            "stockstorm.loadtests.orchestrator.process",
            str(spec.file),
        ]
        self._companion = gevent.subprocess.Popen(
            command,
            env={**os.environ, FD_VARIABLE: str(theirs.fileno())},
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()
        return Pipe(ours)

    def _wait_for_companion(self) -> None:
        if self._companion is None:
            return
        code = self._companion.wait()
        self._environment.process_exit_code = code
        names: dict[int, str] = {value: name for name, value in VERDICT_CODES.items()}
        logger.info("verdict: %s", names.get(code, f"none (exit code {code})"))


def _abort(error: StockstormError) -> Abort:
    return Abort(reason=str(error), error=SentError.of(error))
