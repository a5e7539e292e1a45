"""The backing of each option, and the errors when it is unavailable. No message shows a password."""

import asyncio
import builtins
import sys
from collections.abc import Iterator
from typing import Any
from unittest.mock import AsyncMock

import asyncpg
import pytest

from stockstorm.loadtests.backing.postgres import Backing, choose_backing
from stockstorm.loadtests.backing.postgres.at_url import UrlPostgres
from stockstorm.loadtests.backing.postgres.docker import DockerPostgres
from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.loadtests.backing.postgres.server import create_database, drop_database
from stockstorm.loadtests.backing.postgres.urls import place, with_database
from stockstorm.simulator.errors import BackingError

PASSWORD = "hunter2/secret"
URL = "postgresql://mary:hunter2%2Fsecret@db.example:5433/shop?sslmode=disable"


@pytest.fixture(scope="module")
def server() -> Iterator[Backing]:
    with EmbeddedPostgres() as database:
        yield database


def error_of(url: str) -> str:
    with pytest.raises(BackingError) as caught, choose_backing(url, "run"):
        pass
    assert "hunter2" not in str(caught.value)
    return str(caught.value)


def test_each_option_selects_one_backing() -> None:
    assert isinstance(choose_backing("embedded", "run"), EmbeddedPostgres)
    assert isinstance(choose_backing("docker", "run"), DockerPostgres)
    assert isinstance(choose_backing(URL, "run"), UrlPostgres)


@pytest.mark.parametrize("option", ["", "dockr", "mysql://mary:hunter2@db/shop", "mary:hunter2@db"])
def test_the_error_for_an_unknown_option_says_what_to_write(option: str) -> None:
    assert "write embedded, docker, or a postgresql:// URL" in error_of(option)


def test_the_error_for_a_silent_server_names_host_port_and_database_only() -> None:
    text = error_of("postgresql://mary:hunter2%2Fsecret@127.0.0.1:1/shop")
    assert "PostgreSQL at 127.0.0.1:1/shop: nothing answers" in text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (asyncpg.InvalidPasswordError(PASSWORD), "refuses this user or password"),
        (asyncpg.InvalidAuthorizationSpecificationError(PASSWORD), "refuses this user or password"),
        (asyncpg.InvalidCatalogNameError(PASSWORD), "no such database"),
        (asyncpg.TooManyConnectionsError(PASSWORD), "it answered TooManyConnectionsError"),
        (TimeoutError(PASSWORD), "nothing answers (TimeoutError)"),
        (ValueError(PASSWORD), "the URL cannot be read"),
    ],
)
def test_each_error_of_a_server_has_its_remedy(monkeypatch: pytest.MonkeyPatch, error: Exception, text: str) -> None:
    monkeypatch.setattr(asyncpg, "connect", AsyncMock(side_effect=error))
    assert text in error_of(URL)


def test_a_port_that_is_not_a_number_is_an_error() -> None:
    assert "the URL cannot be read" in error_of("postgresql://mary:hunter2@db:port/shop")


def test_the_error_for_a_user_without_createdb_names_the_permission(server: Backing) -> None:
    create_database(server.url, "of_limited")
    _execute(server.url, "CREATE ROLE limited LOGIN")
    text = error_of(server.url.replace("postgres@", "limited@"))
    assert "CREATEDB" in text
    drop_database(server.url, "of_limited")


def test_a_name_that_is_not_a_plain_identifier_is_never_sent(server: Backing) -> None:
    with pytest.raises(ValueError, match="not a plain database name"):
        create_database(server.url, 'x"; DROP DATABASE postgres; --')


def test_every_run_name_gives_a_plain_database_name() -> None:
    chosen = choose_backing(URL, "2026-11-24 Flash/Sale" * 9)
    assert isinstance(chosen, UrlPostgres)
    name = chosen.url.partition("5433/")[2].partition("?")[0]
    assert name.startswith("stockstorm_2026_11_24_fla")
    assert len(name) <= 63


def test_with_database_changes_only_the_path_of_the_url() -> None:
    assert with_database(URL, "mine") == URL.replace("/shop", "/mine")
    assert place(URL) == "db.example:5433/shop"


def test_the_error_for_a_missing_extra_has_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without_testcontainers(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("testcontainers"):
            raise ModuleNotFoundError(f"No module named {name!r}", name="testcontainers")
        return real_import(name, *args, **kwargs)

    for module in [name for name in sys.modules if name.startswith("testcontainers")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(builtins, "__import__", without_testcontainers)
    assert "pip install 'stockstorm[docker]'" in error_of("docker")


def test_the_error_for_a_silent_engine_says_what_to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    assert "docker run --rm postgres:17-alpine" in error_of("docker")


def _execute(url: str, statement: str) -> None:
    async def session() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(session())
