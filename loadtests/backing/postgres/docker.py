"""`--postgres docker`: PostgreSQL in a container, by testcontainers (extra `docker`)."""

import os
import secrets
from typing import Any, Final, Self

from stockstorm.loadtests.backing.containers import (
    LOOPBACK,
    disable_reaper,
    first_line,
    publish_on_loopback,
    published_port,
)
from stockstorm.loadtests.backing.postgres.server import describe
from stockstorm.loadtests.extras import install
from stockstorm.simulator.errors import BackingError

IMAGE: Final = "postgres:17-alpine"
IMAGE_VARIABLE: Final = "STOCKSTORM_POSTGRES_IMAGE"


class DockerPostgres:
    """One container for one run, removed afterwards, with a random password.

    Its port is published on the loopback interface of the engine's machine only, so the engine has to be on this one.
    """

    def __init__(self, image: str = "") -> None:
        self._image = image or os.environ.get(IMAGE_VARIABLE, IMAGE)
        self._container: Any = None
        self.url, self.description = "", ""

    def __enter__(self) -> Self:
        try:
            self._container = make_container(self._image)
            self._container.start()
            self.url = _loopback_url(self._container)
            self.description = f"{describe(self.url)}, in Docker ({self._image})"
        except BaseException as error:  # interruptions too: nobody calls __exit__ if __enter__ failed
            self.__exit__()
            if isinstance(error, BackingError) or not isinstance(error, Exception):
                raise
            # docker, requests and testcontainers each raise their own types.
            raise _translated(self._image, error) from error
        return self

    def __exit__(self, kind: type[BaseException] | None = None, *_: object) -> None:
        if self._container is None:
            return
        try:
            self._container.stop()
        except Exception:
            if kind is None:
                raise
            # What ended the run is told instead. It can be that somebody removed the container.

    def processes(self) -> list[int]:
        """Always empty: they live in the engine's own process namespace."""
        return []

    part = None  # its processes are not ours to stop

    folder = None  # its disk is not ours to see

    def check(self, planned: bool) -> None:
        """Nothing to check besides the connection, which the watch of the run has."""


def _container_class() -> Any:
    try:
        from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - an optional extra
    except ModuleNotFoundError as error:
        raise BackingError("--postgres docker", f"{error.name} is not installed", f"run: {install('docker')}") from None
    disable_reaper()
    return PostgresContainer


def make_container(image: str) -> Any:
    """A container that is not started yet. Raises BackingError without testcontainers.

    User, password and database are set, because testcontainers' defaults are well known or come from the environment.
    """
    made = _container_class()(
        image, username="stockstorm", password=secrets.token_urlsafe(), dbname="stockstorm", driver=None
    )
    publish_on_loopback(made, made.port)
    return made


def _loopback_url(container: Any) -> str:
    port = published_port(container, container.port)
    return f"postgresql://{container.username}:{container.password}@{LOOPBACK}:{port}/{container.dbname}"


def _translated(image: str, error: Exception) -> BackingError:
    remedy = f"check that `docker run --rm {image}` works; another image: {IMAGE_VARIABLE}=…; or omit --postgres"
    return BackingError("--postgres docker", first_line(error), remedy)
