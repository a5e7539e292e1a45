"""What a served shop tells a program, and is told: deliveries, calls and subscriptions as plain values, for JSON."""

from typing import Final

import msgspec

HEADER: Final = "x-stockstorm"  # that a program sends; a page of another site cannot


class Told(msgspec.Struct, frozen=True):
    """A delivery as it was sent, and what came back."""

    topic: str
    webhook_id: str
    forged: str
    url: str
    head: str
    body: str
    attempts: tuple[tuple[int, str, str], ...]  # status, text, what the answer said
    outcome: str

    @property
    def taken(self) -> bool:
        """Whether an attempt was answered with 2xx."""
        return any(200 <= status < 300 for status, _, _ in self.attempts)

    @property
    def statuses(self) -> tuple[int, ...]:
        """What each attempt was answered with; 0 without an answer."""
        return tuple(status for status, _, _ in self.attempts)


class Deliveries(msgspec.Struct, frozen=True):
    """What came of a trigger."""

    deliveries: list[Told]


class ToldCall(msgspec.Struct, frozen=True):
    """A call of an API. `errors`: the texts that said why it was refused."""

    api: str
    operation: str
    status: int
    outcome: str
    errors: str


class Declaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address to be subscribed as an app's TOML would. `topics`: of the shop; none: everything, and marketplaces."""

    uri: str
    topics: tuple[str, ...] = ()
    missing_only: bool = True  # leave out what somebody subscribed to


class Heard(msgspec.Struct, frozen=True):
    """A subscription. `by_api`: the app made it itself."""

    source: str
    topic: str
    uri: str
    by_api: bool


class ToldShop(msgspec.Struct, frozen=True):
    """What there is, at one moment."""

    calls: tuple[ToldCall, ...]
    subscriptions: tuple[Heard, ...]
    marketplaces: tuple[str, ...]
    refused_topics: tuple[str, ...]  # that the app's scopes do not let it hear
