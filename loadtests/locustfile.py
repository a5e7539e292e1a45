"""Stockstorm as a locustfile: `locust -f loadtests/locustfile.py --headless --scenario smoke`, or with the web UI.

Importing it only registers listeners. Each test start builds a new world and a new run folder. Under `stockstorm run`
the orchestrator is the parent process; otherwise this process starts an orchestrator process.
"""

# isort: off
import locust  # the first import: it patches the standard library for gevent
# isort: on

from typing import Any

from stockstorm.loadtests.config.locust_options import add_options
from stockstorm.loadtests.generator.session import Session
from stockstorm.loadtests.generator.users import ConnectionHost, UntilQuiet
from stockstorm.loadtests.processes import stacks

__all__ = ["ConnectionHost", "UntilQuiet"]


def _options(parser: Any) -> None:
    add_options(parser)


def _init(environment: Any, **_: Any) -> None:
    environment.stockstorm = None


def _start(environment: Any, **_: Any) -> None:
    environment.stockstorm = Session(environment)
    environment.stockstorm.start()


def _stop(environment: Any, **_: Any) -> None:
    if environment.stockstorm is not None:
        environment.stockstorm.stop("stopped from Locust")


def _forget(environment: Any, **_: Any) -> None:
    environment.stockstorm = None  # else the shape would end the next test start of the web UI at once


stacks.register()
locust.events.init_command_line_parser.add_listener(_options)
locust.events.init.add_listener(_init)
locust.events.test_start.add_listener(_start)
locust.events.test_stopping.add_listener(_stop)
locust.events.test_stop.add_listener(_forget)
