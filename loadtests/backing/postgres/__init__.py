"""Where a run's PostgreSQL comes from: a fresh, empty, durable database each time, gone afterwards.

Variants, one a file: `embedded` (out of a Python package, nothing to install), `docker`, `url` (a server that runs);
`nothing` for a service that is not ours.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Final, Protocol

from stockstorm.loadtests.backing.postgres.docker import DockerPostgres
from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.loadtests.backing.postgres.server import UrlPostgres
from stockstorm.simulator.errors import BackingError


class Backing(Protocol):
    """A database that is ready. The URL may hold a password: never log it; `description` is for reports."""

    @property
    def url(self) -> str: ...

    @property
    def description(self) -> str: ...

    def processes(self) -> list[int]:
        """Process ids of the server, for its share of the CPU; empty when it is not on this machine or not ours."""


OWN_SERVERS: Final[Mapping[str, Callable[[], AbstractContextManager[Backing]]]] = {
    "embedded": EmbeddedPostgres,
    "docker": DockerPostgres,
}


def choose_backing(option: str, run: str) -> AbstractContextManager[Backing]:
    """The backing that `--postgres` names; entering it starts or creates the database of `run`.

    Raises BackingError for an option that is unknown; entering raises it when PostgreSQL is not to be had.
    """
    if option in OWN_SERVERS:
        return OWN_SERVERS[option]()
    if option.startswith(("postgresql://", "postgres://")):
        return UrlPostgres(option, run)
    raise BackingError("--postgres", f"{_shown(option)} is unknown", "write embedded, docker, or a postgresql:// URL")


def _shown(option: str) -> str:
    """An option that looks like a URL may hold a password, so it is not repeated."""
    return "this kind of URL" if "://" in option or "@" in option else repr(option)
