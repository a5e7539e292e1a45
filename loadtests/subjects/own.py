"""A service that already runs, e.g. yours: nothing is started, killed or stopped; it is probed where it offers probes.

It must call the played APIs by itself (see docs/own_service.md). Shop topics that it did not subscribe are subscribed
for it.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from stockstorm.loadtests.subjects import Surroundings
from stockstorm.loadtests.subjects.probes import probe_effects, probe_stock
from stockstorm.simulator.errors import SubjectError
from stockstorm.simulator.history.facts import AnyFact


class OwnSubject:
    """The service behind `url`, which takes Shopify's webhooks."""

    settle_s = 0.0
    lease_s = 0.0
    notes: tuple[str, ...] = ("own service: Stockstorm did not start it, so its processes are not measured",)

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)  # was checked when the run was specified
        self.url = url
        self._base = f"{parts.scheme}://{parts.netloc}"

    def start(self, surroundings: Surroundings) -> None:  # noqa: ARG002 - it was started by its owner, with these
        try:
            httpx.get(self._base, timeout=5.0)
        except httpx.HTTPError as error:
            raise SubjectError(
                self.url, f"nobody answers there: {error}", "start your service first, then run again"
            ) from None

    def processes(self) -> dict[str, int]:
        return {}

    def statements(self) -> int | None:
        return None

    def revive(self, now_ns: int) -> list[AnyFact]:  # noqa: ARG002 - not ours to revive
        return []

    def kill(self, process: str) -> None:
        raise SubjectError("fault", f"cannot kill {process} of {self.url}", "play a scenario without faults on it")

    def restart(self, process: str) -> None:
        self.kill(process)

    def ready(self, process: str) -> bool:  # noqa: ARG002 - none was killed
        return True

    def probe(self, now_ns: int) -> Iterator[AnyFact]:
        yield from probe_effects(self._base, now_ns)
        yield from probe_stock(self._base, now_ns)

    def stop(self) -> None:
        """It is its owner's."""
