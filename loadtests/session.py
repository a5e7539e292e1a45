"""One test start inside Locust: finds or starts the stage, builds the driver, conducts the run, tells the verdict.

Locust's users and its shape read `started`, `finished`, `hosts` and `ended` here.
"""

import logging
import os
import sys
from pathlib import Path
from typing import Any

import gevent
import gevent.subprocess
import msgspec
from gevent.event import Event as Signal

from loadtests.driver import Driver
from loadtests.link import FD_VARIABLE, Link, LinkClosed, make_pair
from loadtests.locust_options import read_options
from loadtests.messages import Abort, Finished, Go, Listening, Setup
from loadtests.spec import RunSpec
from loadtests.specifying import make_spec
from reports.result import EXIT_CODES
from simulator.errors import StockstormError

READY_WITHIN_S = 180.0
logger = logging.getLogger("stockstorm")
_parent = Link.from_environment()  # once per process: the end that `stockstorm run` passed down


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
            link = _parent or self._start_companion()
            try:
                self._converse(link)
            except LinkClosed as error:
                logger.error("the stage is gone: %s", error)
            self._wait_for_companion()
        except StockstormError as error:
            logger.error("%s", error)
            self._environment.process_exit_code = error.exit_code
        finally:
            self.finished = True
            self.ended.set()

    def _converse(self, link: Link) -> None:
        setup = link.receive(READY_WITHIN_S)
        if not isinstance(setup, Setup):
            raise LinkClosed("no set-up came")
        spec = msgspec.json.decode(setup.spec, type=RunSpec)
        try:
            driver = self._driver = Driver(setup, spec, self._environment, link.send, self)
            if self._reason:
                driver.abort(self._reason)
            link.send(Listening(port=driver.listen()))
        except (StockstormError, OSError) as error:
            link.send(Abort(reason=str(error)))
            raise LinkClosed(str(error)) from None
        go = link.receive(READY_WITHIN_S)
        if not isinstance(go, Go):
            raise LinkClosed("the subject did not become ready")
        watch = gevent.spawn(self._watch, link, driver)
        try:
            complete = driver.conduct(go)
        finally:
            watch.kill()
        link.send(Finished(complete=complete, reason=driver.reason))

    def _watch(self, link: Link, driver: Driver) -> None:
        """The stage says nothing during load but that it wants to stop, or that it is gone."""
        try:
            message = link.receive()
            driver.abort(message.reason if isinstance(message, Abort) else "the stage interrupted")
        except LinkClosed:
            driver.abort("the stage is gone")

    def _start_companion(self) -> Link:
        spec = make_spec(read_options(self._environment.parsed_options))
        ours, theirs = make_pair()
        command = [sys.executable, "-m", "loadtests.companion", str(Path(spec.folder) / "spec.json")]
        self._companion = gevent.subprocess.Popen(
            command,
            env={**os.environ, FD_VARIABLE: str(theirs.fileno())},
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()
        return Link(ours)

    def _wait_for_companion(self) -> None:
        if self._companion is None:
            return
        code = self._companion.wait()
        self._environment.process_exit_code = code
        names = {value: name for name, value in EXIT_CODES.items()}
        logger.info("verdict: %s", names.get(code, f"none (exit code {code})"))
