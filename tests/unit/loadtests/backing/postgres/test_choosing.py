"""Which backing an option means, and what a user is told when it cannot be had. No message shows a password."""

import asyncio
import builtins
import sys
from collections.abc import Iterator
from typing import Any
from unittest.mock import AsyncMock

import asyncpg
import pytest

from stockstorm.loadtests.backing.postgres import Backing, choose_backing
from stockstorm.loadtests.backing.postgres.docker import DockerPostgres
from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.loadtests.backing.postgres.server import (
    UrlPostgres,
    create_database,
    drop_database,
    place,
    with_database,
)
from stockstorm.simulator.errors import BackingError

PASSWORD = "hunter2/secret"
URL = "postgresql://mary:hunter2%2Fsecret@db.example:5433/shop?sslmode=disable"


@pytest.fixture(scope="module")
def server() -> Iterator[Backing]:
    with EmbeddedPostgres() as database:
        yield database


def complaint(url: str) -> str:
    with pytest.raises(BackingError) as caught, choose_backing(url, "run"):
        pass
    assert "hunter2" not in str(caught.value)
    return str(caught.value)


def test_each_option_means_one_backing() -> None:
    assert isinstance(choose_backing("embedded", "run"), EmbeddedPostgres)
    assert isinstance(choose_backing("docker", "run"), DockerPostgres)
    assert isinstance(choose_backing(URL, "run"), UrlPostgres)


@pytest.mark.parametrize("option", ["", "dockr", "mysql://mary:hunter2@db/shop", "mary:hunter2@db"])
def test_an_unknown_option_is_told_what_to_write(option: str) -> None:
    assert "write embedded, docker, or a postgresql:// URL" in complaint(option)


def test_a_server_that_does_not_answer_is_told_by_place_only() -> None:
    said = complaint("postgresql://mary:hunter2%2Fsecret@127.0.0.1:1/shop")
    assert "PostgreSQL at 127.0.0.1:1/shop: nothing answers" in said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (asyncpg.InvalidPasswordError(PASSWORD), "refuses this user or password"),
        (asyncpg.InvalidAuthorizationSpecificationError(PASSWORD), "refuses this user or password"),
        (asyncpg.InvalidCatalogNameError(PASSWORD), "no such database"),
        (asyncpg.TooManyConnectionsError(PASSWORD), "it answered TooManyConnectionsError"),
        (TimeoutError(PASSWORD), "nothing answers (TimeoutError)"),
        (ValueError(PASSWORD), "the URL cannot be read"),
    ],
)
def test_each_refusal_has_its_remedy(monkeypatch: pytest.MonkeyPatch, error: Exception, said: str) -> None:
    monkeypatch.setattr(asyncpg, "connect", AsyncMock(side_effect=error))
    assert said in complaint(URL)


def test_a_port_that_is_no_number_is_told() -> None:
    assert "the URL cannot be read" in complaint("postgresql://mary:hunter2@db:port/shop")


def test_a_user_who_may_not_create_databases_is_told_the_right_to_grant(server: Backing) -> None:
    create_database(server.url, "of_limited")
    _execute(server.url, "CREATE ROLE limited LOGIN")
    said = complaint(server.url.replace("postgres@", "limited@"))
    assert "CREATEDB" in said
    drop_database(server.url, "of_limited")


def test_a_name_that_is_no_plain_identifier_is_never_sent(server: Backing) -> None:
    with pytest.raises(ValueError, match="not a plain database name"):
        create_database(server.url, 'x"; DROP DATABASE postgres; --')


def test_run_names_of_any_kind_give_plain_database_names() -> None:
    chosen = choose_backing(URL, "2026-11-24 Flash/Sale" * 9)
    assert isinstance(chosen, UrlPostgres)
    name = chosen.url.partition("5433/")[2].partition("?")[0]
    assert name.startswith("stockstorm_2026_11_24_flash_sale")
    assert len(name) <= 63


def test_another_database_keeps_everything_else_of_the_url() -> None:
    assert with_database(URL, "mine") == URL.replace("/shop", "/mine")
    assert place(URL) == "db.example:5433/shop"


def test_a_missing_extra_is_told_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without_testcontainers(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("testcontainers"):
            raise ModuleNotFoundError(f"No module named {name!r}", name="testcontainers")
        return real_import(name, *args, **kwargs)

    for module in [name for name in sys.modules if name.startswith("testcontainers")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(builtins, "__import__", without_testcontainers)
    assert "pip install 'testcontainers>=4.15'" in complaint("docker")


def test_an_engine_that_does_not_answer_is_told_with_what_to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    assert "docker run --rm postgres:17-alpine" in complaint("docker")


def _execute(url: str, statement: str) -> None:
    async def session() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(session())
