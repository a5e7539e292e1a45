"""The service under test: how it is started, addressed, killed, probed and stopped. Always over processes and HTTP.

Variants: `reference` (our service, started by us) and `own` (a service that already runs).
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

import msgspec

from stockstorm.simulator.history.facts import AnyFact

# Every topic of the shop that a run can fire; what is subscribed for a service that does not do so itself.
SHOP_TOPICS = (
    "inventory_levels/update",
    "orders/create",
    "orders/paid",
    "orders/updated",
    "orders/cancelled",
    "refunds/create",
    "products/update",
)


class Surroundings(msgspec.Struct, frozen=True):
    """All that a subject has to be told."""

    database_url: str
    admin_api_url: str
    channels_url: str
    shop_domain: str
    channels: tuple[str, ...]  # marketplaces
    safety_stock: int
    admin_token: str
    client_secret: str
    channel_token: str
    channel_secret: str
    cloud: Mapping[str, str] = {}  # environment of a cloud queue or bus; may hold credentials


class Subject(Protocol):
    """One service under test."""

    notes: tuple[str, ...]  # what a reader of the report must know
    settle_s: float  # how long it may rest between two looks at the shop; 0 when it is told
    lease_s: float  # how long a broker keeps from others what a killed process of it held; 0 without a broker

    def start(self, surroundings: Surroundings) -> None:
        """Starts it and returns when it is ready. Raises SubjectError with the end of its log."""

    def processes(self) -> dict[str, int]:
        """Process ids by name, for CPU and memory; empty when unknown."""

    def statements(self) -> int | None:
        """SQL statements that it sent so far; None if it does not tell, or lost count with a process that died."""

    def revive(self, now_ns: int) -> list[AnyFact]:
        """Starts again what has died by itself. Raises SubjectError when it keeps dying."""

    def kill(self, process: str) -> None:
        """SIGKILL. Raises SubjectError when there is no such process."""

    def restart(self, process: str) -> None:
        """Starts a killed process again without waiting for readiness; one that lives stays as it is."""

    def ready(self, process: str) -> bool:
        """Whether a process that was started again is at work by now. Returns within a second or so."""

    def probe(self, now_ns: int) -> Iterator[AnyFact]:
        """Final reads, ending with one ProbeEnded per probe."""

    def stop(self) -> None:
        """Ends it cleanly, at most a few seconds."""
