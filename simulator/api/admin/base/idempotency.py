"""Memory of idempotency keys: what each mutation was asked and what became of it, for 24 hours.

Shopify replays the original operation's result "constructed from current database state": so the record holds the
operation, not its answer. The recorded texts of the mismatch and the failed attempt are those of the schema's enums.
"""

from typing import Any, Final, Generic, TypeVar

import msgspec

from stockstorm.simulator.limits import IDEMPOTENCY_WINDOW_NS

KEYS_MAX: Final = 100_000  # ours: beyond it the oldest key is forgotten early (4 KB for a batch of 250)

Outcome = TypeVar("Outcome")


class Remembered(msgspec.Struct, Generic[Outcome], frozen=True):
    """One finished mutation. `failed`: it ended in user errors and changed nothing."""

    fingerprint: bytes
    outcome: Outcome
    failed: bool
    at_ns: int


class IdempotencyKeys(Generic[Outcome]):
    """Keys of one app on one shop; the window counts from the first use."""

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        self._keys_max = keys_max
        self._by_key: dict[str, Remembered[Outcome]] = {}  # in order of first use, so the oldest come first

    def recall(self, key: str, now_ns: int) -> Remembered[Outcome] | None:
        """What was done under the key within the window."""
        found = self._by_key.get(key)
        if found is not None and now_ns - found.at_ns >= IDEMPOTENCY_WINDOW_NS:
            del self._by_key[key]
            return None
        return found

    def remember(self, key: str, done: Remembered[Outcome]) -> None:
        self._by_key[key] = done
        while len(self._by_key) > self._keys_max:
            del self._by_key[next(iter(self._by_key))]


def fingerprint(operation: str, arguments: dict[str, Any]) -> bytes:
    """What must be the same for a replay: operation and arguments, whatever the order of their fields."""
    return msgspec.json.encode([operation, arguments], order="sorted")
