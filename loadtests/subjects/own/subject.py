"""A user's own service as subject: emptied, started, awaited, read and stopped as its subject file says.

The service must call the simulated APIs by itself (docs/own_service.md). Without a life in its file it runs already,
and Stockstorm does not start, kill or stop it.
"""

import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stockstorm.loadtests.https.told import told_of
from stockstorm.loadtests.limits import READY_POLL_S
from stockstorm.loadtests.processes.child import Child
from stockstorm.loadtests.processes.part import ChildPart, Part, Together
from stockstorm.loadtests.processes.registry import PROCESSES
from stockstorm.loadtests.subjects import Pending, Receiving, Surroundings
from stockstorm.loadtests.subjects.own.actions import Actions
from stockstorm.loadtests.subjects.own.file import SERVICE, SubjectFile, is_address
from stockstorm.loadtests.subjects.own.greeting import greet, listens
from stockstorm.loadtests.subjects.own.processes import Tree, TreePart, listening
from stockstorm.loadtests.subjects.own.urls import trusting
from stockstorm.loadtests.subjects.own.values import draw_ports, filled, known_values
from stockstorm.loadtests.subjects.own.view import OwnView, make_view
from stockstorm.loadtests.subjects.probes import NoAnswer, PendingProbe, probe
from stockstorm.loadtests.subjects.revival import Revival, failed
from stockstorm.reports.result import exit_text
from stockstorm.simulator.config import PROCESS_NAMES, FaultTarget
from stockstorm.simulator.errors import StockstormError, SubjectError
from stockstorm.simulator.history.facts import AnyFact

if TYPE_CHECKING:
    from stockstorm.loadtests.https.process import HttpsPlace

PORTS_SHOWN: Final = 5
LOG_LINES: Final = 200  # of each process
NOT_MEASURED: Final = "own service: Stockstorm did not start it, so its processes are not measured"


class OwnSubject:
    """One service, for one run. `logs` and `folder` are folders of the run; the service may write to the latter.

    `private` are variables of this process that are not for the service.
    """

    settle_s = lease_s = 0.0

    def __init__(self, file: SubjectFile, logs: Path, folder: Path, private: Collection[str] = ()) -> None:
        life = file.life
        self._file, self._logs, self._folder, self._private = file, logs, folder, private
        self.pauses_s = file.pauses_s
        texts = (*file.addresses().values(), *life.commands().values(), life.start, life.stop, life.reset, life.ready)
        self._ports = draw_ports((*texts, *file.environment.values()))
        self._verify = trusting(file.ca)
        self._base = filled(file.probes, self._ports).rstrip("/") or _root(filled(file.webhooks, self._ports))
        self._pending = PendingProbe(self._base, self._verify)
        self._parts: dict[str, ChildPart] = {}
        self._view: OwnView | None = None
        self._front: Child | None = None  # HTTPS before the simulated APIs
        self._revival = Revival(self._parts, lambda name: PROCESS_NAMES.get(name, "subject"), file.name)
        self._values: Mapping[str, str] = self._ports
        self._environment: Mapping[str, str] = {}
        self._started = False
        self.notes: tuple[str, ...] = () if life.commands() else (NOT_MEASURED,)

    @property
    def receiving(self) -> Receiving:
        file = self._file
        topics = dict.fromkeys(file.topics, file.webhooks) | file.topic_urls
        uri = filled(file.webhooks, self._ports)
        return Receiving(
            uri="" if file.topics else uri,
            topic_uris={topic: filled(url, self._ports) for topic, url in topics.items()},
            app_uri=uri,
            app_url=filled(file.app_url, self._ports),
            registers=file.level == "full",
        )

    def start(self, surroundings: Surroundings) -> None:
        life = self._file.life
        self._folder.mkdir(parents=True, exist_ok=True)
        https = self._by_https(surroundings)
        placed = https.values if https is not None else {}
        self._values = self._ports | known_values(surroundings, str(self._folder)) | placed
        self._environment = self._settings(surroundings, https)
        if life.reset and not is_address(life.reset):
            self._actions.do("reset", life.reset, life.reset_within_s)
        if life.starts:
            self._refuse_taken()
        self._started = True
        if life.detached:
            self._actions.do("start", life.start, life.ready_within_s)
        for name, text in life.commands().items():
            self._parts[name] = TreePart(partial(self._child, name, text), self._answers)
        if life.starts or life.ready:
            self._wait_until_ready()
        spoken = self._values["api_version"]
        greet(self._uris, surroundings.client_secret, surroundings.shop_domain, self._file.ca, spoken)
        if is_address(life.reset):
            self._actions.do("reset", life.reset, life.reset_within_s)

        if self._file.reads.any:
            self._view = make_view(self._file.reads, self._ports, os.environ, self._verify)
            self._view.start()

    @property
    def https_told(self) -> tuple[str, ...]:
        """What kept it from a host over HTTPS, in the words of the front. Empty without [https]."""
        return told_of(self._front.log) if self._front is not None else ()

    def statements(self) -> int | None:
        return None

    def revive(self, now_ns: int, is_down: Callable[[FaultTarget], bool]) -> list[AnyFact]:
        read = self._view.drain() if self._view is not None else []
        return [*read, *self._revival.revive(now_ns, is_down)]

    def parts(self) -> dict[FaultTarget, Part]:
        if not self._parts:
            return {}
        known: dict[FaultTarget, Part] = {role: self._parts[name] for role, name in self._file.life.roles().items()}
        return {**known, "subject": Together(*self._parts.values())}

    def probe(self, now_ns: int) -> Iterator[AnyFact]:
        if self._view is not None:
            yield from self._view.final()
        yield from probe(self._base, now_ns, self._verify)

    def pending(self) -> Pending:
        try:
            return Pending(self._pending.count())
        except NoAnswer:
            return Pending(silent=(SERVICE,))

    def stop(self) -> None:
        """Ends what `start` started. What its owner started goes on, unless the file has a `stop`."""
        life = self._file.life
        if self._view is not None:
            self._view.stop()
        if life.stop and self._started:
            try:
                self._actions.do("stop", life.stop, life.stop_within_s)
            except StockstormError as error:
                print(error, file=sys.stderr, flush=True)  # the run is over, and its log keeps this
        for part in self._parts.values():
            part.stop()
        if self._front is not None:
            self._front.stop()

    @property
    def _actions(self) -> Actions:
        folder = Path(self._file.life.folder)
        return Actions(self._file.name, folder, self._logs, self._environment, self._values, self._verify)

    @property
    def _uris(self) -> tuple[str, ...]:
        """Every address at which it receives, each once."""
        urls = (self._file.webhooks, *self._file.topic_urls.values())
        return tuple(dict.fromkeys(filled(url, self._ports) for url in urls))

    def _by_https(self, around: Surroundings) -> "HttpsPlace | None":
        """Starts the front, if its file asks for HTTPS."""
        asked = self._file.https
        if asked is None:
            return None
        from stockstorm.loadtests.https.process import NOTE, start_front  # noqa: PLC0415 - few need cryptography

        log = self._logs / "https.log"
        self._front, place = start_front(
            around.admin_api_url, around.shop_domain, asked.host, asked.port, asked.proxy_port, log
        )
        self.notes = (*self.notes, NOTE.format(around.shop_domain))
        return place

    def _settings(self, around: Surroundings, https: "HttpsPlace | None") -> Mapping[str, str]:
        """Its environment: that of this command, the secrets by their names, and what its file says."""
        names = self._file.secrets
        secrets = {
            names.client_secret: around.client_secret,
            names.admin_token: around.admin_token,
            names.channel_token: around.channel_token,
            names.channel_secret: around.channel_secret,
        }
        if around.next_client_secret:
            secrets[names.next_client_secret] = around.next_client_secret
        inherited = {name: value for name, value in os.environ.items() if name not in self._private}
        given = {name: filled(text, self._values) for name, text in self._file.environment.items()}
        return inherited | secrets | (https.environment(inherited, given) if https is not None else {}) | given

    def _child(self, name: str, text: str) -> Tree:
        life = self._file.life
        words, log = self._actions.words(text), self._logs / f"{name}.log"
        return Tree(name, words, self._environment, log, Path(life.folder), life.stop_within_s)

    def newest_lines(self, lines: int = LOG_LINES) -> tuple[str, ...]:
        """Of the logs of all its processes, one after the other."""
        return tuple(line for part in self._parts.values() for line in part.child.last_lines(lines))

    def _answers(self) -> bool:
        ready = self._file.life.ready
        return self._actions.holds(ready) if ready else all(map(listens, self._uris))

    def _refuse_taken(self) -> None:
        """A service of an earlier run that still listens would be taken for this one."""
        if taken := [uri for uri in self._uris if listens(uri)]:
            found = f"a program listens at {taken[0]} before `start`: an earlier run's service, or another one"
            raise SubjectError(self._file.name, found, "end it, or write ${port} in place of the port")

    def _wait_until_ready(self) -> None:
        within_s = self._file.life.ready_within_s
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            for part in self._parts.values():
                if part.child.exit_code is not None:
                    found = f"it ended before it was ready, {exit_text(part.child.exit_code)}"
                    raise failed(self._file.name, part.child, found)
            if self._answers():
                return
            if dead := PROCESSES.deaths("harness"):
                found = f"it was not ready when {dead[0].name}, which it needs, ended"
                raise SubjectError(self._file.name, found, f"read the logs in {self._logs}")
            time.sleep(READY_POLL_S)
        asked = f"`{self._file.life.ready}`" if self._file.life.ready else f"a connection to {self._uris[0]}"
        found = f"it was not ready after {within_s:g} s, asked by {asked}{self._elsewhere()}"
        raise SubjectError(self._file.name, found, f"read the logs in {self._logs}, or give it more ready_within_s")

    def _elsewhere(self) -> str:
        """Where its processes listen instead: a service that does not take its port from the file is common.

        Empty for one that runs by itself.
        """
        if not self._parts:
            return ""
        ports = sorted({port for part in self._parts.values() for port in listening(part.child.pids)})
        shown = ", ".join(map(str, ports[:PORTS_SHOWN]))
        return f"; its processes listen at port {shown}" if ports else "; its processes listen at no port"


def _root(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
