"""What a work_type of the queue is to the worker: something that applies a whole claim within the claim's transaction."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from stockstorm.reference_service.queues.base import (
    Entry,
    Verdict,
)
from stockstorm.reference_service.storage.database import Connection


class WorkResult(msgspec.Struct):
    """What a claim came to. To be acted upon only after its commit.

    `failed`: entries that may succeed later, with the reason. `skus`: what channels show of these may be wrong now.
    `moved`: (channel, SKU) that the channel itself sold or took back, so that nobody knows what it shows. `doubtful`:
    some level has to be read again. `effects`: the master has to be told.
    """

    verdicts: list[Verdict]
    failed: list[tuple[Entry, str]] = msgspec.field(default_factory=list)
    skus: set[str] = msgspec.field(default_factory=set)
    moved: set[tuple[str, str]] = msgspec.field(default_factory=set)
    doubtful: bool = False
    effects: bool = False

    def add(self, other: "WorkResult") -> None:
        """Takes in what another part of the claim came to."""
        self.verdicts += other.verdicts
        self.failed += other.failed
        self.skus |= other.skus
        self.moved |= other.moved
        self.doubtful = self.doubtful or other.doubtful
        self.effects = self.effects or other.effects


class Handler(Protocol):
    """Applies entries of one work_type."""

    async def apply(self, connection: Connection, entries: Sequence[Entry]) -> WorkResult:
        """A verdict or a failure for every entry, and the effects written to the transaction of `connection`."""
        ...
