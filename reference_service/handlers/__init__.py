"""Handlers apply the entries of one work type, a whole claim at once, within the claim's transaction."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from stockstorm.reference_service.queues.base import Entry, Verdict
from stockstorm.reference_service.storage.database import Connection


class WorkResult(msgspec.Struct):
    """The result of a claim. Act on it only after the claim's commit.

    `failed`: entries that may succeed later, with the reason. `skus`: SKUs whose quantity may have changed. `moved`:
    (channel, SKU) of units that the channel itself sold or took back, so its listing is unknown. `doubtful`: some level
    has to be read again. `effects`: there are effects to write to Shopify.
    """

    verdicts: list[Verdict]
    failed: list[tuple[Entry, str]] = msgspec.field(default_factory=list)
    skus: set[str] = msgspec.field(default_factory=set)
    moved: set[tuple[str, str]] = msgspec.field(default_factory=set)
    doubtful: bool = False
    effects: bool = False

    def add(self, other: "WorkResult") -> None:
        """Merges the result of another part of the claim."""
        self.verdicts += other.verdicts
        self.failed += other.failed
        self.skus |= other.skus
        self.moved |= other.moved
        self.doubtful = self.doubtful or other.doubtful
        self.effects = self.effects or other.effects


class Handler(Protocol):
    """Applies entries of one work type."""

    async def apply(self, connection: Connection, entries: Sequence[Entry]) -> WorkResult:
        """Writes the effects in the transaction of `connection`. Returns a verdict or a failure for every entry."""
        ...
