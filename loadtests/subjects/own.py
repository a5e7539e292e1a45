"""A service that already runs, such as your own: Stockstorm does not start, kill or stop it, and probes it if it can.

The service must call the simulated APIs by itself (docs/own_service.md). Stockstorm subscribes it to the shop topics
that it did not subscribe to.
"""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx

from stockstorm.loadtests.limits import OWN_ANSWER_S
from stockstorm.loadtests.processes.part import Part
from stockstorm.loadtests.subjects import Pending, Surroundings
from stockstorm.loadtests.subjects.probes import NoAnswer, PendingProbe, probe
from stockstorm.simulator.config import FaultTarget
from stockstorm.simulator.errors import SubjectError
from stockstorm.simulator.history.facts import AnyFact


class OwnSubject:
    """The service that receives Shopify's webhooks at `url`. Its probes are there too, unless `probe_url` is given.

    A service that faces the internet has them at a port of its own, which strangers cannot reach.
    """

    settle_s = 0.0
    lease_s = 0.0
    notes: tuple[str, ...] = ("own service: Stockstorm did not start it, so its processes are not measured",)

    def __init__(self, url: str, probe_url: str = "") -> None:
        parts = urlsplit(url)  # validated with the run's options
        self.url = url
        self._base = f"{parts.scheme}://{parts.netloc}"
        self._probes = probe_url.rstrip("/") or self._base
        self._pending = PendingProbe(self._probes)

    def start(self, surroundings: Surroundings) -> None:  # noqa: ARG002 - its owner started it
        try:
            httpx.get(self._base, timeout=OWN_ANSWER_S)
        except httpx.HTTPError as error:
            raise SubjectError(
                self.url, f"nobody answers there: {error}", "start your service first, then run again"
            ) from None

    @property
    def app_uri(self) -> str:
        return self.url

    def statements(self) -> int | None:
        return None

    def revive(self, now_ns: int, is_down: Callable[[FaultTarget], bool]) -> list[AnyFact]:  # noqa: ARG002 - its owner restarts it
        return []

    def parts(self) -> dict[FaultTarget, Part]:
        return {}

    def probe(self, now_ns: int) -> Iterator[AnyFact]:
        return probe(self._probes, now_ns)

    def pending(self) -> Pending:
        try:
            return Pending(self._pending.count())
        except NoAnswer:
            return Pending(silent=("service",))

    def stop(self) -> None:
        """Does nothing: its owner stops it."""
