"""One behaviour suite for every PostgreSQL backing: embedded, in Docker, and a server at a URL.

Without a Docker engine, its tests are skipped with the reason. All others always run.
"""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from stockstorm.loadtests.backing.postgres import Backing, choose_backing
from stockstorm.loadtests.backing.postgres.docker import IMAGE
from tests.running import ROOT

IMAGES_SCRIPT = "STOCKSTORM_LOCAL_IMAGES"  # the path of a script that provides a Docker engine and an image
IMAGE_WITHIN_S = 420  # building an image from packages takes one or two minutes
DOCKER = (pytest.mark.docker, pytest.mark.timeout(IMAGE_WITHIN_S + 60))

Open = Callable[[], AbstractContextManager[Backing]]


def run_on(url: str, work: Callable[[Any], Awaitable[Any]]) -> Any:
    """Runs `work` on a connection to `url`."""

    async def session() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(session())


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    """A running server for the URL backing: an embedded one."""
    with choose_backing("embedded", "server") as backing:
        yield backing.url


@pytest.fixture(scope="module")
def docker_engine() -> None:
    """A Docker engine with the image, or a skip with the reason."""
    if why := _why_no_docker():
        pytest.skip(f"Docker backing NOT tested: {why}")


@pytest.fixture(params=["embedded", "url", pytest.param("docker", marks=DOCKER)])
def backing(request: pytest.FixtureRequest) -> Open:
    """Opens a backing of the kind under test."""
    match request.param:
        case "url":
            option = request.getfixturevalue("server_url")
        case "docker":
            request.getfixturevalue("docker_engine")
            option = "docker"
        case option:
            pass
    return lambda: choose_backing(option, "20261124-flash_sale-7")


def test_the_database_is_new_and_empty(backing: Open) -> None:
    with backing() as database:
        tables = run_on(
            database.url, lambda c: c.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        )
        assert tables == 0
        run_on(database.url, lambda c: c.execute("CREATE TABLE left_over (n int)"))
    with backing() as database:
        assert run_on(database.url, lambda c: c.fetchval("SELECT to_regclass('left_over')")) is None


def test_the_database_is_durable_and_says_so_and_its_processes_end_with_the_backing(backing: Open) -> None:
    names = ["fsync", "synchronous_commit", "full_page_writes"]
    query = "SELECT count(*) FROM pg_settings WHERE name = ANY($1) AND setting = 'on'"
    with backing() as database:
        assert run_on(database.url, lambda c: c.fetchval(query, names)) == 3
        assert re.match(r"\d+(\.\d+)?, fsync on, synchronous_commit on, ", database.description)
        assert "@" not in database.description  # no credentials
        pids = database.processes()
        assert all(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_two_databases_share_nothing(backing: Open) -> None:
    with backing() as first, backing() as second:
        assert first.url != second.url
        run_on(first.url, lambda c: c.execute("CREATE TABLE only_here (n int)"))
        assert run_on(second.url, lambda c: c.fetchval("SELECT to_regclass('only_here')")) is None


def test_the_database_is_gone_afterwards_even_with_an_open_connection(backing: Open) -> None:
    async def stay() -> str:
        opened = backing()
        database = await asyncio.to_thread(opened.__enter__)
        connection = await asyncpg.connect(database.url)
        await asyncio.to_thread(opened.__exit__, None, None, None)
        connection.terminate()
        return database.url

    url = asyncio.run(stay())
    with pytest.raises((OSError, asyncpg.PostgresError)):
        run_on(url, lambda c: c.fetchval("SELECT 1"))


@pytest.mark.docker
@pytest.mark.timeout(IMAGE_WITHIN_S + 60)
@pytest.mark.usefixtures("docker_engine")
def test_a_container_is_reached_over_loopback_only_and_with_its_own_password_only() -> None:
    with choose_backing("docker", "20261124-flash_sale-7") as database:
        listed = subprocess.run(
            ["docker", "ps", "--filter", f"ancestor={IMAGE}", "--format", "{{.Ports}}"],
            capture_output=True, text=True, timeout=20, check=True,
        ).stdout  # fmt: skip
        port = urlsplit(database.url).port
        assert f"127.0.0.1:{port}->5432/tcp" in listed
        assert f"0.0.0.0:{port}" not in listed
        assert f"[::]:{port}" not in listed
        password = urlsplit(database.url).password
        assert password
        with pytest.raises(asyncpg.InvalidPasswordError):
            run_on(database.url.replace(f":{password}@", ":test@"), lambda c: c.fetchval("SELECT 1"))


def _why_no_docker() -> str:
    """Why no container can be started, or "" if `docker run IMAGE` works, possibly after the script."""
    if _image_exists():
        return ""
    script = Path(os.environ.get(IMAGES_SCRIPT, ROOT.parent / "shared" / "docker" / "local-images"))
    if not script.is_file():
        return f"no Docker engine with {IMAGE} answers, and there is no script {script} to make one"
    command = ["timeout", str(IMAGE_WITHIN_S), "bash", str(script), IMAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return f"{script} exited with {done.returncode}: {(done.stderr or done.stdout).strip()[-300:]}"
    return ""


def _image_exists() -> bool:
    if shutil.which("docker") is None:
        return False
    done = subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, timeout=20, check=False)
    return done.returncode == 0
