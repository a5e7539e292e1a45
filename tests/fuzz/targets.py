"""The processes that are fuzzed: PostgreSQL, the played APIs, and receiver and worker of the reference service."""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import msgspec
import psutil

from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.loadtests.processes.child import IMPORT_ROOT, Child, free_port, inherited_environment
from tests.fuzz.case import Target
from tests.fuzz.played import ADMIN_TOKEN, CHANNEL_SECRET, CHANNEL_TOKEN, CHANNELS, CLIENT_SECRET, SCENARIO
from tests.fuzz.played_server import Report
from tests.running import ROOT

HOST: Final = "127.0.0.1"
READY_WITHIN_S: Final = 60.0
ADDRESS_CONNECTIONS_MAX: Final = 250  # the receiver's default for one address


class Targets:
    """The running processes and their ports."""

    def __init__(self, folder: Path, postgres: EmbeddedPostgres) -> None:
        self.folder, self._postgres = folder, postgres
        self.children: dict[str, Child] = {}
        self.ports: dict[Target, int] = {}
        self._report = folder / "played.json"

    def start(self) -> None:
        """Starts all and waits until they are ready."""
        played = Child(
            "played",
            [sys.executable, "-m", "tests.fuzz.played_server", str(self._report)],
            inherited_environment() | {"PYTHONPATH": str(ROOT)},
            self.folder / "played.log",
        )
        self.children["played"] = played
        self.ports["played"] = int(
            _awaited(lambda: played.log.read_text(encoding="utf-8").partition("\n")[0], "played")
        )
        self.ports["webhooks"], self.ports["operations"], worker = (free_port(HOST) for _ in range(3))
        environment = inherited_environment() | self._settings(worker)
        for name, port in (("receiver", self.ports["operations"]), ("worker", worker)):
            command = [sys.executable, "-m", "stockstorm.reference_service", name]
            self.children[name] = Child(name, command, environment, self.folder / f"{name}.log")
            _awaited(partial(_is_ready, port), name)

    def ended(self) -> list[str]:
        """The processes that have ended, each with the end of its log."""
        gone = [child for child in self.children.values() if child.exit_code is not None]
        return [f"{child.name} ended with code {child.exit_code}: {child.tail()}" for child in gone]

    def rss_mb(self) -> dict[str, float]:
        """Resident memory of each process."""
        return {name: _rss_mb(child.pid) for name, child in self.children.items() if child.exit_code is None}

    def cpu_s(self) -> dict[str, float]:
        """Processor time of each process, and of this one."""
        pids = {name: child.pid for name, child in self.children.items() if child.exit_code is None}
        return {name: sum(psutil.Process(pid).cpu_times()[:2]) for name, pid in {**pids, "driver": os.getpid()}.items()}

    def inbox(self) -> dict[str, int]:
        """Webhook id → rows, of everything that the receiver ever stored."""
        return asyncio.run(_inbox(self._postgres.url))

    def stop(self) -> Report | None:
        """Ends all. Returns the report of the played APIs."""
        for name in ("worker", "receiver", "played"):
            if name in self.children:
                self.children[name].stop(30.0)
        return msgspec.json.decode(self._report.read_bytes(), type=Report) if self._report.exists() else None

    def logs(self) -> dict[str, Path]:
        return {name: child.log for name, child in self.children.items()}

    def _settings(self, worker_port: int) -> dict[str, str]:
        api, public = f"http://{HOST}:{self.ports['played']}", f"http://{HOST}:{self.ports['webhooks']}"
        given = {
            "database_url": self._postgres.url,
            "listen_port": str(self.ports["webhooks"]),
            "receiver_operations_port": str(self.ports["operations"]),
            "worker_operations_port": str(worker_port),
            "shop_domain": SCENARIO.shop.domain,
            "admin_api_url": f"{api}/admin/api/2026-10/graphql.json",
            "admin_token": ADMIN_TOKEN,
            "client_secret": CLIENT_SECRET,
            "public_url": public,
            "channels_url": f"{api}/marketplaces",
            "channels": ",".join(CHANNELS),
            "channel_token": CHANNEL_TOKEN,
            "channel_secret": CHANNEL_SECRET,
        }
        return {"PYTHONPATH": str(IMPORT_ROOT), **{f"REFERENCE_{name.upper()}": text for name, text in given.items()}}


@contextmanager
def running(folder: Path) -> Iterator[Targets]:
    """All targets, started. They end with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    with EmbeddedPostgres() as postgres:
        targets = Targets(folder, postgres)
        try:
            targets.start()
            yield targets
        finally:
            targets.stop()


def _awaited(read: Callable[[], str], what: str) -> str:
    deadline = time.monotonic() + READY_WITHIN_S
    while not (found := read()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} was not ready within {READY_WITHIN_S:.0f} s")
        time.sleep(0.02)
    return found


def _is_ready(port: int) -> str:
    try:
        return "ready" if httpx.get(f"http://{HOST}:{port}/readyz", timeout=2).status_code == 200 else ""
    except httpx.TransportError:
        return ""


def _rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


async def _inbox(url: str) -> dict[str, int]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT webhook_id, count(*) AS rows FROM inbox GROUP BY webhook_id")
    finally:
        await connection.close()
    return {row["webhook_id"]: row["rows"] for row in rows}
