"""Talks to a served shop from another process: what `stockstorm trigger`, `doctor` and the pytest plugin do."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import msgspec

from stockstorm.loadtests.processes.child import Child, free_port, inherited_environment
from stockstorm.loadtests.serve.commands import Command
from stockstorm.loadtests.serve.page import HEADER
from stockstorm.loadtests.serve.told import Told, ToldShop
from stockstorm.simulator.errors import BackingError, ScenarioError, SubjectError

REQUEST_WITHIN_S: Final = 30.0
READY_WITHIN_S: Final = 60.0
POLL_S: Final = 0.03
LOOPBACK: Final = "127.0.0.1"


class ShopClient:
    """Asks the page of a served shop. Raises SubjectError when none answers, ScenarioError for what it refuses."""

    def __init__(self, page: str) -> None:
        self._page = page.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def trigger(self, command: Command, within_s: float = REQUEST_WITHIN_S) -> list[Told]:
        """Makes it happen. Returns its deliveries."""
        found = self._asked("/api/trigger", command, within_s)
        return msgspec.convert(found["deliveries"], list[Told])

    def declare(self, uri: str, topic: str = "") -> None:
        """Subscribes an address to one topic of the shop; without one, to all that nobody subscribed to."""
        self._asked("/api/declare", {"uri": uri, "topic": topic})

    def shop(self) -> ToldShop:
        return msgspec.convert(self._asked("/api/shop"), ToldShop)

    def _asked(self, path: str, body: object = None, within_s: float = REQUEST_WITHIN_S) -> Any:
        data = None if body is None else msgspec.json.encode(body)
        headers = {HEADER: "1", "Content-Type": "application/json"}
        request = urllib.request.Request(self._page + path, data, headers)  # noqa: S310 - a URL that was checked
        try:
            with self._opener.open(request, timeout=within_s) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise ScenarioError(self._page, _error_of(error), "correct it and send it again") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            remedy = "start stockstorm serve, or give --to URL"
            raise SubjectError(self._page, f"no served shop answers: {reason}", remedy) from error


def _error_of(error: urllib.error.HTTPError) -> str:
    try:
        found: Mapping[str, Any] = json.load(error)
        return str(found["error"])
    except (ValueError, KeyError, TypeError):
        return f"it answered HTTP {error.code}"


class ServedChild:
    """A served shop in a process of its own, for as long as a block lasts. `environment` has the secrets."""

    def __init__(self, folder: Path, scenario: str, environment: Mapping[str, str], *, api_port: int = 0) -> None:
        ports = {"port": api_port or free_port(LOOPBACK)}
        ports |= {f"{name}-port": free_port(LOOPBACK) for name in ("page", "https", "proxy")}
        self.api = f"http://{LOOPBACK}:{ports['port']}"
        self.page = f"http://{LOOPBACK}:{ports['page-port']}"
        self.client = ShopClient(self.page)
        words = [word for name, port in ports.items() for word in (f"--{name}", str(port))]
        command = [sys.executable, "-m", "stockstorm", "serve", "--scenario", scenario, *words]
        command += ["--authority", str(folder / "authority")]
        self._command, self._log = command, folder / "serve.log"
        self._environment = {**inherited_environment(), **environment}
        self._child: Child | None = None

    def __enter__(self) -> "ServedChild":
        self._child = Child("serve", self._command, self._environment, self._log)
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if self._child.exit_code is not None:
                break
            try:
                self.client.shop()
            except SubjectError:
                time.sleep(POLL_S)
            else:
                return self
        tail = self._child.tail()
        self._child.stop()
        raise BackingError("stockstorm serve", f"it did not start: {tail}", f"read {self._log}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child is not None:
            self._child.stop()


def own_environment(names: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Secrets for a served shop: what this process has under a subject's own names, else `values`."""
    return {f"STOCKSTORM_{role.upper()}": os.environ.get(name) or values[role] for role, name in names.items()}
