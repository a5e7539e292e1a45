"""The service under test: how it is started, addressed, killed, probed and stopped. Always by processes and HTTP.

Variants: `reference` (the reference service, started by Stockstorm) and `own` (a service of the user).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

import msgspec

from stockstorm.loadtests.processes.part import Part
from stockstorm.simulator.config import FaultTarget
from stockstorm.simulator.history.facts import AnyFact

# Every topic of the shop that a run can fire. A service that does not subscribe by itself is subscribed to all of them.
SHOP_TOPICS: Final = (
    "inventory_levels/update",
    "orders/create",
    "orders/paid",
    "orders/updated",
    "orders/cancelled",
    "refunds/create",
    "products/update",
)


class Surroundings(msgspec.Struct, frozen=True):
    """Everything that a subject needs to know about the run."""

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
    token_url: str = ""  # of OAuth's token endpoint
    next_client_secret: str = ""  # the one that the scenario rotates to; "" without a rotation
    reconcile_s: float | None = None  # seconds between two reconciliations; None: the subject's own period
    subscription_check_s: float = 300.0  # between two checks that its subscriptions are there
    cloud: Mapping[str, str] = {}  # environment of a cloud queue or bus; may hold credentials


class Receiving(msgspec.Struct, frozen=True):
    """Where a subject receives what Shopify sends without a subscription by the API, as its app's TOML would say."""

    uri: str = ""  # for topics without a subscription when the load begins; "": for none
    topic_uris: dict[str, str] = {}  # for these topics, whoever else subscribed to them
    app_uri: str = ""  # for app/uninstalled and the privacy requests; "": nowhere
    app_url: str = ""  # its page, which the merchant opens when the app is installed again
    registers: bool = False  # it may register by itself, which is awaited before the load


class Pending(msgspec.Struct, frozen=True):
    """What a subject says that it has accepted and not finished."""

    count: int | None = None  # None: it has no probe for it, or nothing answered
    silent: tuple[str, ...] = ()  # its processes that did not answer


class Subject(Protocol):
    """One service under test."""

    notes: tuple[str, ...]  # for the reader of the report
    settle_s: float  # how long it may rest between two polls of the shop; 0 for a subject that receives notifications
    pauses_s: float  # for how long it may do nothing although it has work, as its owner declared
    lease_s: float  # how long a broker withholds the messages of a killed process from others; 0 without a broker

    def start(self, surroundings: Surroundings) -> None:
        """Starts it and returns when it is ready. Raises SubjectError with the end of its log."""

    @property
    def receiving(self) -> Receiving:
        """Where it receives. Asked once it has started."""

    def statements(self) -> int | None:
        """SQL statements that it sent so far. None when it does not count them, or when a counting process died."""

    def revive(self, now_ns: int, is_down: Callable[[FaultTarget], bool]) -> list[AnyFact]:
        """Restarts processes that exited by themselves, without those that a fault keeps down.

        Raises SubjectError when they keep exiting.
        """

    def parts(self) -> Mapping[FaultTarget, Part]:
        """The processes that faults can hit. Empty for a service that Stockstorm did not start."""

    def probe(self, now_ns: int) -> Iterator[AnyFact]:
        """The facts of the final reads, with one ProbeEnded per probe."""

    def pending(self) -> Pending:
        """Asks every process once, each within a few seconds. Called by another thread than the rest."""

    def stop(self) -> None:
        """Stops it cleanly, within a few seconds."""
