"""The settings of the container, without an engine: a random password, a port on loopback only.

A failed start leaves no container behind.
"""

import pytest
from docker.utils.utils import convert_port_bindings  # type: ignore[import-untyped]  # docker has no types

import stockstorm.loadtests.backing.postgres.docker as backing
from stockstorm.loadtests.backing.postgres.docker import IMAGE, DockerPostgres, make_container
from stockstorm.simulator.errors import BackingError


class Settings:
    """Replaces testcontainers' PostgresContainer, which needs the engine in its constructor."""

    def __init__(self, image: str, *, port: int = 5432, **settings: str | None) -> None:
        self.image, self.port, self.settings = image, port, settings
        self.ports: dict[str, object] = {str(port): None}
        self.username, self.password, self.dbname = settings["username"], settings["password"], settings["dbname"]
        self.stopped = 0

    def start(self) -> None:
        """Nothing to wait for."""

    def stop(self) -> None:
        self.stopped += 1


@pytest.fixture
def container(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(backing, "_container_class", lambda: Settings)
    made = make_container(IMAGE)
    assert isinstance(made, Settings)
    return made


def test_each_container_has_its_own_random_password(container: Settings) -> None:
    password = container.settings["password"]
    assert password is not None
    assert len(password) >= 32
    assert password != make_container(IMAGE).settings["password"]


def test_user_password_and_database_are_set_explicitly(container: Settings) -> None:
    assert all(container.settings[name] for name in ("username", "password", "dbname"))


def test_its_port_is_published_on_loopback_only(container: Settings) -> None:
    assert convert_port_bindings(container.ports) == {"5432/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}


@pytest.mark.parametrize(
    ("breaks", "raised"),
    [
        (BackingError("database", "too old", "take a newer one"), BackingError),
        (RuntimeError("the engine failed"), BackingError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_a_failed_start_stops_the_container(
    breaks: BaseException, raised: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def describe(url: str) -> str:
        raise breaks

    made = Settings(IMAGE, username="u", password="p", dbname="d")
    monkeypatch.setattr(backing, "make_container", lambda _: made)
    monkeypatch.setattr(backing, "published_port", lambda *_: 5432)
    monkeypatch.setattr(backing, "describe", describe)
    with pytest.raises(raised):
        DockerPostgres().__enter__()
    assert made.stopped == 1
