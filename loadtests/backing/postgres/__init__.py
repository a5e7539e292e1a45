"""The PostgreSQL database of a run: new, empty and durable each time, gone afterwards.

`embedded` comes from a Python package, with nothing to install. `docker` starts a container. A URL in `server` names a
running server. A service of the user's own has no database here, and the client of PostgreSQL is an extra, so a variant
is imported when it is chosen.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Protocol, Self

from stockstorm.loadtests.processes.part import Part
from stockstorm.simulator.errors import BackingError


class Backing(Protocol):
    """A database that is ready. `url` may hold a password: never log it. `description` is for reports."""

    @property
    def url(self) -> str: ...

    @property
    def description(self) -> str: ...

    def processes(self) -> list[int]:
        """Process ids of the server, for its share of the CPU. Empty if we did not start it on this machine."""

    @property
    def part(self) -> Part | None:
        """What a planned fault of the database hits. None if we did not start the server on this machine."""

    @property
    def folder(self) -> Path | None:
        """Where the server keeps its data, if that is on this machine and ours."""

    def check(self, planned: bool) -> None:
        """Raises BackingError if the server tells of a failure of its own, unless a fault of the plan explains it."""


class NoDatabase:
    """For a service that brings its own. URL and description are empty, so nobody measures or reports a database."""

    url = ""
    description = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""

    def processes(self) -> list[int]:
        return []

    part = None

    folder = None

    def check(self, planned: bool) -> None:
        """Nothing to check."""


def _embedded() -> AbstractContextManager[Backing]:
    from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres  # noqa: PLC0415 - an extra

    return EmbeddedPostgres()


def _docker() -> AbstractContextManager[Backing]:
    from stockstorm.loadtests.backing.postgres.docker import DockerPostgres  # noqa: PLC0415 - an extra

    return DockerPostgres()


def _at_url(url: str, run: str) -> AbstractContextManager[Backing]:
    from stockstorm.loadtests.backing.postgres.at_url import UrlPostgres  # noqa: PLC0415 - an extra

    return UrlPostgres(url, run)


OWN_SERVERS: Final[Mapping[str, Callable[[], AbstractContextManager[Backing]]]] = {
    "embedded": _embedded,
    "docker": _docker,
}


def choose_backing(option: str, run: str) -> AbstractContextManager[Backing]:
    """The backing that `--postgres` names. Entering it creates the database of `run`.

    Raises BackingError for an unknown option. Entering raises it when PostgreSQL is unavailable.
    """
    if option in OWN_SERVERS:
        return OWN_SERVERS[option]()
    if option.startswith(("postgresql://", "postgres://")):
        return _at_url(option, run)
    raise BackingError("--postgres", f"{_shown(option)} is unknown", "write embedded, docker, or a postgresql:// URL")


def _shown(option: str) -> str:
    """An option that looks like a URL may hold a password, so it is not repeated."""
    return "this kind of URL" if "://" in option or "@" in option else repr(option)
