"""Every process that a run starts is in the registry, in every architecture, and leaves it at its end."""

from pathlib import Path

import psutil
import pytest

from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.loadtests.orchestrator.cloud import open_cloud
from stockstorm.loadtests.processes.registry import PROCESSES
from stockstorm.loadtests.subjects import Surroundings
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES, Architecture
from stockstorm.loadtests.subjects.reference import ReferenceSubject
from tests.e2e.reference_service.conftest import CHANNEL_SECRET, SECRET, new_database, played_by
from tests.fake_commerce import CHANNELS, FakeCommerce

pytestmark = pytest.mark.e2e

GROUPS: dict[str, set[str]] = {
    "": set(),
    "sqs": {"emulator"},
    "eventbridge": {"emulator", "publisher"},
    "pubsub": {"emulator"},
}


def children() -> dict[int, str]:
    return {child.pid: child.name() for child in psutil.Process().children() if child.status() != "zombie"}


def groups_of(architecture: Architecture) -> set[str]:
    publishes = {"publisher"} if architecture.name.startswith("bus-") else set()
    return {*architecture.processes, *GROUPS[architecture.cloud], *publishes}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_each_child_of_a_run_is_watched(
    name: str, commerce: FakeCommerce, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    architecture = ARCHITECTURES[name]
    before, known = children(), {process.pid for process in PROCESSES}
    with played_by(commerce) as api, open_cloud(architecture, "watched", "embedded") as cloud:
        subject = ReferenceSubject(tmp_path, architecture)
        surroundings = Surroundings(
            database_url=new_database(postgres),
            admin_api_url=f"{api}/admin/api/2026-10/graphql.json",
            channels_url=f"{api}/marketplaces",
            shop_domain="demo.myshopify.com",
            channels=tuple(CHANNELS),
            safety_stock=0,
            admin_token="shpat_secret",
            client_secret=SECRET,
            channel_token="channel-token",
            channel_secret=CHANNEL_SECRET,
            cloud=cloud.environment,
        )
        try:
            subject.start(surroundings)
            watched = {process.pid: process for process in PROCESSES if process.pid not in known}
            assert {pid: kind for pid, kind in children().items() if pid not in before}.keys() == watched.keys()
            assert {process.group for process in watched.values()} == groups_of(architecture)
            assert all(process.name and process.command and process.log.exists() for process in watched.values())
            assert {p.group for p in watched.values() if p.owner == "subject"} == {*architecture.processes}
        finally:
            subject.stop()
    assert {process.pid for process in PROCESSES} == known
