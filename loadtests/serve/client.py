"""Talks to a served shop from another process: what `stockstorm trigger`, `doctor` and the pytest plugin do."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from types import TracebackType
from typing import Final, TypeVar

import msgspec

from stockstorm.loadtests.processes.child import Child, free_port, inherited_environment
from stockstorm.loadtests.serve.commands import Command
from stockstorm.loadtests.serve.told import HEADER, Declaration, Deliveries, Told, ToldShop
from stockstorm.simulator.errors import (
    UNREADABLE_JSON,
    BackingError,
    ScenarioError,
    StockstormError,
    SubjectError,
)

REQUEST_WITHIN_S: Final = 30.0
READY_WITHIN_S: Final = 60.0
POLL_S: Final = 0.03
LOOPBACK: Final = "127.0.0.1"
S = TypeVar("S", bound=msgspec.Struct)


class ShopClient:
    """Asks the page of a served shop. Raises SubjectError when none answers, ScenarioError for what it refuses."""

    def __init__(self, page: str) -> None:
        self._page = page.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def trigger(self, command: Command, within_s: float = REQUEST_WITHIN_S) -> list[Told]:
        """Makes it happen. Returns its deliveries."""
        return self._read(self._asked("/api/trigger", command, within_s), Deliveries).deliveries

    def declare(self, uri: str, topics: Sequence[str] = (), *, missing_only: bool = True) -> None:
        """Subscribes an address to these topics of the shop, else to everything: to those that nobody subscribed to."""
        self._asked("/api/declare", Declaration(uri, tuple(topics), missing_only))

    def shop(self) -> ToldShop:
        return self._read(self._asked("/api/shop"), ToldShop)

    def _asked(self, path: str, body: object = None, within_s: float = REQUEST_WITHIN_S) -> bytes:
        data = None if body is None else msgspec.json.encode(body)
        headers = {HEADER: "1", "Content-Type": "application/json"}
        request = urllib.request.Request(self._page + path, data, headers)  # noqa: S310 - a URL that was checked
        try:
            with self._opener.open(request, timeout=within_s) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(error) from error
        except (OSError, ValueError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            remedy = "start stockstorm serve, or give --to URL"
            raise SubjectError(self._page, f"no served shop answers: {reason}", remedy) from error

    def _read(self, answer: bytes, kind: type[S]) -> S:
        try:
            return msgspec.json.decode(answer, type=kind)
        except UNREADABLE_JSON as error:
            raise self._another_program("its answer is none of a served shop") from error

    def _refused(self, error: urllib.error.HTTPError) -> StockstormError:
        try:
            found = str(json.loads(error.read())["error"])
        except (OSError, ValueError, KeyError, TypeError, HTTPException):
            return self._another_program(f"it answered HTTP {error.code}, as no served shop does")
        return ScenarioError(self._page, found, "correct it and send it again")

    def _another_program(self, found: str) -> SubjectError:
        return SubjectError(self._page, found, "give the address that stockstorm serve prints as page (--server)")


class ServedChild:
    """A served shop in a process of its own, for as long as a block lasts. `environment` has the secrets.

    `flags` are of `stockstorm serve`, ready for a command line.
    """

    def __init__(
        self,
        folder: Path,
        scenario: str,
        environment: Mapping[str, str],
        *,
        api_port: int = 0,
        flags: Sequence[str] = (),
    ) -> None:
        ports = {"port": api_port or free_port(LOOPBACK)}
        ports |= {f"{name}-port": free_port(LOOPBACK) for name in ("page", "https", "proxy")}
        self.api = f"http://{LOOPBACK}:{ports['port']}"
        self.page = f"http://{LOOPBACK}:{ports['page-port']}"
        self.client = ShopClient(self.page)
        words = [word for name, port in ports.items() for word in (f"--{name}", str(port))]
        command = [sys.executable, "-m", "stockstorm", "serve", "--scenario", scenario, *words]
        command += ["--authority", str(folder / "authority"), *flags]
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
        error = self._not_ready(self._child.exit_code, self._child.last_lines())
        self._child.stop()
        raise error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child is not None:
            self._child.stop()

    def _not_ready(self, code: int | None, lines: Sequence[str]) -> BackingError:
        """Why the shop is not there: it ended, or it is too slow, as on a machine that does other work."""
        if code is not None:
            said = ": " + "\n".join(lines) if lines else " and wrote nothing"
            return BackingError("stockstorm serve", f"it ended with exit code {code}{said}", f"read {self._log}")
        said = ", and wrote:\n" + "\n".join(lines) if lines else ""
        remedy = f"try again when the machine has less to do; else read {self._log}"
        return BackingError("stockstorm serve", f"it was not ready after {READY_WITHIN_S:g} s{said}", remedy)


def own_environment(names: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Secrets for a served shop: what this process has under a subject's own names, else `values`."""
    return {f"STOCKSTORM_{role.upper()}": os.environ.get(name) or values[role] for role, name in names.items()}
