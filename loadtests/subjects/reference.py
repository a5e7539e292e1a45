"""The reference service as subject: a receiver and a worker process, reached over HTTP like any other service."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

from stockstorm.loadtests.limits import LEASE_S, READY_ANSWER_S, READY_POLL_S, READY_WITHIN_S
from stockstorm.loadtests.processes.child import IMPORT_ROOT, Child, free_port, inherited_environment
from stockstorm.loadtests.processes.part import ChildPart, Part, Together
from stockstorm.loadtests.processes.registry import PROCESSES
from stockstorm.loadtests.subjects import Pending, Receiving, Surroundings
from stockstorm.loadtests.subjects.architectures import Architecture
from stockstorm.loadtests.subjects.probes import NoAnswer, PendingProbe, count_statements, probe
from stockstorm.loadtests.subjects.revival import Revival, failed
from stockstorm.simulator.config import PROCESS_NAMES, FaultTarget, ProcessName
from stockstorm.simulator.history.facts import AnyFact
from stockstorm.simulator.limits import CONNECTIONS_MAX
from stockstorm.simulator.shop.app import CLIENT_ID

HOST: Final = "127.0.0.1"
WHOSE: Final = "reference service"


class ReferenceSubject:
    """Starts `python -m stockstorm.reference_service receiver|worker` for each process.

    `flaw` "" means no flaw. `evidence` false: it has no probes, and its writes do not name their orders.
    """

    def __init__(self, logs: Path, architecture: Architecture, flaw: str = "", *, evidence: bool = True) -> None:
        self._logs, self._flaw, self._architecture = logs, flaw, architecture
        self._evidence = "on" if evidence else "off"
        self.settle_s, self.pauses_s = 2 * architecture.interval_s, 0.0
        self.lease_s = LEASE_S if architecture.cloud else 0.0
        self.notes: tuple[str, ...] = (f"shortened: {architecture.shortened}",) if architecture.shortened else ()
        self._parts: dict[str, ChildPart] = {}
        self._pending: dict[ProcessName, PendingProbe] = {}
        self._environment: dict[str, str] = {}
        self._ports = {"webhooks": 0, "receiver": 0, "worker": 0}  # of processes: health, metrics and probes
        self._revival = Revival(self._parts, lambda name: PROCESS_NAMES[name], WHOSE)
        self._starts = 0

    def start(self, surroundings: Surroundings) -> None:
        self._ports = {name: free_port(HOST) for name in self._ports}
        self._environment = inherited_environment() | self._settings(surroundings)
        for process in self._architecture.processes:
            self._pending[process] = PendingProbe(f"http://{HOST}:{self._ports[process]}")
            self._parts[process] = ChildPart(partial(self._child, process), partial(self._answers, process))
        for process in self._architecture.processes:  # all of them start meanwhile
            self._wait_until_ready(process)

    @property
    def receiving(self) -> Receiving:
        """Where the subscriptions of its TOML lead. It makes the others by itself, before it is ready."""
        uri = f"http://{HOST}:{self._ports['webhooks']}/webhooks/shopify" if self._architecture.receives else ""
        return Receiving(app_uri=uri)

    def statements(self) -> int | None:
        if self._starts > len(self._architecture.processes):
            return None
        total = 0
        for name in self._architecture.processes:
            if (count := count_statements(f"http://{HOST}:{self._ports[name]}")) is None:
                return None
            total += count
        return total

    def revive(self, now_ns: int, is_down: Callable[[FaultTarget], bool]) -> list[AnyFact]:
        return self._revival.revive(now_ns, is_down)

    def parts(self) -> dict[FaultTarget, Part]:
        each: dict[FaultTarget, Part] = {
            role: self._parts[name] for role, name in self._architecture.roles.items() if name in self._parts
        }
        return {**each, "subject": Together(*self._parts.values())}

    def probe(self, now_ns: int) -> Iterator[AnyFact]:
        base = f"http://{HOST}:{self._ports[self._architecture.processes[0]]}"
        return probe(base, now_ns)

    def pending(self) -> Pending:
        """The largest count of its processes, because each counts the database, and its own memory besides."""
        counts: list[int] = []
        silent: list[str] = []
        for process, probe_of in self._pending.items():
            try:
                found = probe_of.count()
            except NoAnswer:
                silent.append(process)
            else:
                counts += [found] if found is not None else []
        return Pending(max(counts, default=None), tuple(silent))

    def stop(self) -> None:
        for part in self._parts.values():
            part.stop()

    def _child(self, process: ProcessName) -> Child:
        self._starts += 1
        command = [sys.executable, "-m", "stockstorm.reference_service", process]
        return Child(process, command, self._environment, self._logs / f"{process}.log", owner="subject")

    def _answers(self, process: ProcessName) -> bool:
        """Asked ten times a second while a process starts, so it costs little: a client of httpx takes 30 ms."""
        connection = HTTPConnection(HOST, self._ports[process], timeout=READY_ANSWER_S)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False  # not listening yet
        finally:
            connection.close()

    def _settings(self, around: Surroundings) -> dict[str, str]:
        return {
            "PYTHONPATH": str(IMPORT_ROOT),
            "SSL_CERT_FILE": os.devnull,  # all that it calls is HTTP on loopback; the system's certificates take 0.1 s
            "REFERENCE_ARCHITECTURE": self._architecture.name,
            "REFERENCE_DATABASE_URL": around.database_url,
            "REFERENCE_LISTEN_HOST": HOST,
            "REFERENCE_LISTEN_PORT": str(self._ports["webhooks"]),
            "REFERENCE_CONNECTIONS_MAX": str(CONNECTIONS_MAX),
            "REFERENCE_ADDRESS_CONNECTIONS_MAX": str(CONNECTIONS_MAX),  # all simulated senders have one address
            "REFERENCE_OPERATIONS_HOST": HOST,
            "REFERENCE_RECEIVER_OPERATIONS_PORT": str(self._ports["receiver"]),
            "REFERENCE_WORKER_OPERATIONS_PORT": str(self._ports["worker"]),
            "REFERENCE_SHOP_DOMAIN": around.shop_domain,
            "REFERENCE_ADMIN_API_URL": around.admin_api_url,
            "REFERENCE_ADMIN_TOKEN": around.admin_token,
            "REFERENCE_CLIENT_SECRET": around.next_client_secret or around.client_secret,
            "REFERENCE_CLIENT_ID": CLIENT_ID,
            "REFERENCE_TOKEN_URL": around.token_url,
            "REFERENCE_PREVIOUS_CLIENT_SECRET": around.client_secret if around.next_client_secret else "",
            "REFERENCE_PUBLIC_URL": f"http://{HOST}:{self._ports['webhooks']}",
            "REFERENCE_CHANNELS_URL": around.channels_url,
            "REFERENCE_CHANNELS": ",".join(around.channels),
            "REFERENCE_CHANNEL_TOKEN": around.channel_token,
            "REFERENCE_CHANNEL_SECRET": around.channel_secret,
            "REFERENCE_SAFETY_STOCK": str(around.safety_stock),
            "REFERENCE_SUBSCRIPTION_CHECK_S": str(around.subscription_check_s),
            "REFERENCE_FLAW": self._flaw,
            "REFERENCE_PROBE": self._evidence,
            "REFERENCE_REFERENCES": self._evidence,
            **({} if around.reconcile_s is None else {"REFERENCE_RECONCILE_S": str(around.reconcile_s)}),
            **self._architecture.settings,
            **around.cloud,
        }

    def _wait_until_ready(self, process: ProcessName) -> None:
        part = self._parts[process]
        child = part.child
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if child.exit_code is not None:
                raise failed(WHOSE, child, f"it exited with code {child.exit_code}")
            if part.ready():
                return
            if dead := PROCESSES.deaths("harness"):
                raise failed(WHOSE, child, f"it was not ready when {dead[0].name}, which it needs, ended")
            time.sleep(READY_POLL_S)
        raise failed(WHOSE, child, f"it was not ready after {READY_WITHIN_S:.0f} s")
