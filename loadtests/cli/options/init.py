"""Flags of `stockstorm init`, and what is wrong with an answer."""

import shlex
import sys
from importlib.util import find_spec
from typing import Annotated, Final, get_args

from stockstorm.loadtests.cli.options import JsonOptions
from stockstorm.loadtests.config.flag import Flag
from stockstorm.loadtests.subjects.own.queries import INSTALL
from stockstorm.loadtests.subjects.own.urls import url_problem
from stockstorm.loadtests.subjects.own.values import PORT, filled, names_in
from stockstorm.scenarios.problems import Problem, did_you_mean
from stockstorm.simulator.config import Level

LEVELS: Final[tuple[Level, ...]] = get_args(Level)
WEBHOOKS: Final = "http://127.0.0.1:8080/webhooks"
API_PORT: Final = 9400
FIRST_SCENARIO: Final = "first.toml"


def level_problem(level: str) -> Problem | None:
    if level == "probe" and find_spec("jmespath") is None:
        return Problem("--level", "to read its stock needs JMESPath, which is not installed", INSTALL)
    if not level or level in LEVELS:
        return None
    return Problem("--level", f"there is no {level!r}", did_you_mean(level, LEVELS))


def start_problem(command: str) -> Problem | None:
    try:
        shlex.split(command)
    except ValueError as error:
        return Problem("--start", f"this command cannot be read: {error}", "close its quotes")
    return None


def webhooks_problem(url: str) -> Problem | None:
    return url_problem(filled(url, {PORT: "1"}), "--webhooks") if url else None


def api_port_problem(port: int) -> Problem | None:
    if 0 < port < 65_536:
        return None
    return Problem("--api-port", f"{port} is not a port that your service can know", "write 1 to 65535, e.g. 9400")


class InitOptions(JsonOptions):
    """Flags of `stockstorm init`. What is left out is asked for on a terminal, and else has its default."""

    webhooks: Annotated[str, Flag(f"where it receives webhooks, e.g. {WEBHOOKS}", check=webhooks_problem)] = ""
    start: Annotated[str, Flag("command that starts it; none if you start it", check=start_problem)] = ""
    level: Annotated[str, Flag(f"what it does: {', '.join(LEVELS)}", check=level_problem, words=lambda: LEVELS)] = ""
    api_port: Annotated[
        int, Flag("where your service expects the APIs, if you start it yourself", check=api_port_problem)
    ] = API_PORT
    https: Annotated[bool, Flag("its library insists on https://{shop}.myshopify.com")] = False
    folder: Annotated[str, Flag("where to write the files")] = "."
    force: Annotated[bool, Flag("overwrite files that exist")] = False
    yes: Annotated[bool, Flag("ask nothing; so does --json")] = False

    def problems(self) -> list[Problem]:
        """Also that a service which somebody else starts would have to guess its port."""
        found = super().problems()
        if not found and PORT in names_in(self.webhooks) and not (self.start or self.asks):
            remedy = "write the port at which it listens, or give the command that starts it with --start"
            found.append(
                Problem("--webhooks", "${port} is a free port, which only a service learns that is started", remedy)
            )
        return found

    @property
    def asks(self) -> bool:
        return sys.stdin.isatty() and not self.yes
