"""On a server of the user's own, nothing of a run stays for longer than until the next run."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from stockstorm.loadtests.backing.postgres import Backing, choose_backing
from stockstorm.loadtests.backing.postgres.at_url import UrlPostgres, owned_name, sweep_databases
from stockstorm.loadtests.backing.postgres.server import create_database, databases, drop_database
from tests.running import ROOT

HOLDER = """
import os, signal, sys
from stockstorm.loadtests.backing.postgres.at_url import UrlPostgres
with UrlPostgres(sys.argv[1], "killed") as database:
    print(database.url.partition("?")[0].rpartition("/")[2], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Backing]:
    with choose_backing("embedded", "server") as backing:
        yield backing


def of_a_killed_run(server: Backing) -> str:
    """The name of a database whose run was killed."""
    command = [sys.executable, "-c", HOLDER, server.url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -9, done.stderr
    name = done.stdout.strip()
    assert name in databases(server.url)
    return name


def test_the_next_run_drops_the_database_of_a_killed_run_and_no_other(server: Backing) -> None:
    name = of_a_killed_run(server)
    head, machine, end = name.rsplit("_", 2)
    of_other_machine = f"{head}_{'0' * len(machine)}_{end}"
    others = [of_other_machine, "stockstorm_shop", owned_name("run")]
    for other in others:
        create_database(server.url, other)
    with UrlPostgres(server.url, "next"):
        left = databases(server.url)
    assert name not in left
    assert set(others) <= set(left)
    for other in others:
        drop_database(server.url, other)
    assert not [each for each in databases(server.url) if each.startswith("stockstorm")]


def test_an_interruption_while_it_is_created_leaves_none(server: Backing, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(url: str, name: str) -> None:
        create_database(url, name)
        raise KeyboardInterrupt

    monkeypatch.setattr("stockstorm.loadtests.backing.postgres.at_url.create_database", interrupted)
    with pytest.raises(KeyboardInterrupt), UrlPostgres(server.url, "run"):
        pass
    assert not [each for each in databases(server.url) if each.startswith("stockstorm")]


def test_a_name_fits_and_names_its_process() -> None:
    name = owned_name("20261127-064550-flash_sale-7-with-a-long-flaw")
    assert len(name) <= 63
    assert f"_p{os.getpid()}_t" in name


def test_a_sweep_tells_what_it_dropped(server: Backing) -> None:
    name = of_a_killed_run(server)
    assert sweep_databases(server.url) == [name]
