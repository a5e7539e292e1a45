"""`--postgres docker`: PostgreSQL in a container of its own, by testcontainers (extra `docker`)."""

import os
import secrets
from typing import Any, Final, Self

from loadtests.backing.server import describe
from simulator.errors import BackingError

IMAGE: Final = "postgres:17-alpine"
IMAGE_VARIABLE: Final = "STOCKSTORM_POSTGRES_IMAGE"
LOOPBACK: Final = "127.0.0.1"


class DockerPostgres:
    """One container for one run, removed afterwards. Its password is drawn by us and known to nobody else.

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
        except BackingError:
            raise
        except Exception as error:  # docker, requests and testcontainers each raise their own
            self.__exit__()
            raise _explained(self._image, error) from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._container is not None:
            self._container.stop()

    def processes(self) -> list[int]:
        """None: they live in the engine's own process namespace."""
        return []


def _container_class() -> Any:
    try:
        from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - an optional extra
        from testcontainers.core.config import testcontainers_config  # noqa: PLC0415 - an optional extra
    except ModuleNotFoundError as error:
        raise BackingError(
            "--postgres docker", f"{error.name} is not installed", "run: pip install 'testcontainers>=4.15'"
        ) from None
    # The reaper is a second image to pull; we remove our one container ourselves.
    testcontainers_config.ryuk_disabled = True
    return PostgresContainer


def make_container(image: str) -> Any:
    """A container that is not started yet. Raises BackingError without testcontainers.

    User, password and database that were not named would be testcontainers' well-known ones, or the environment's.
    """
    made = _container_class()(
        image, username="stockstorm", password=secrets.token_urlsafe(), dbname="stockstorm", driver=None
    )
    # `with_bind_ports` knows no address; docker-py takes (address, None) for a free port on that address.
    made.ports = {f"{made.port}/tcp": (LOOPBACK, None)}
    return made


def _loopback_url(container: Any) -> str:
    """Where the port was published. Inside a container testcontainers itself would name the bridge's address."""
    port = container.get_docker_client().port(container.get_container_id(), container.port)
    return f"postgresql://{container.username}:{container.password}@{LOOPBACK}:{port}/{container.dbname}"


def _explained(image: str, error: Exception) -> BackingError:
    found = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
    remedy = f"check that `docker run --rm {image}` works; another image: {IMAGE_VARIABLE}=…; or leave --postgres out"
    return BackingError("--postgres docker", found, remedy)
