"""The memory of idempotency keys: the arguments and the result of each mutation, for 24 hours.

Shopify answers a repeated key with the result of the original operation, "constructed from current database state".
A record therefore holds the operation and not its answer.
"""

from typing import Any, Final, Generic, TypeVar

import msgspec

from stockstorm.simulator.limits import IDEMPOTENCY_WINDOW_NS

KEYS_MAX: Final = 100_000  # ours: above it the oldest key is forgotten early (4 KB for a batch of 250)

Outcome = TypeVar("Outcome")


class Remembered(msgspec.Struct, Generic[Outcome], frozen=True):
    """One finished mutation. `failed` means that it ended in user errors and changed nothing."""

    fingerprint: bytes
    outcome: Outcome
    failed: bool
    at_ns: int


class IdempotencyKeys(Generic[Outcome]):
    """Keys of one app on one shop. The window starts at the first use."""

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        self._keys_max = keys_max
        self._by_key: dict[str, Remembered[Outcome]] = {}  # in order of first use, so the oldest come first

    def recall(self, key: str, now_ns: int) -> Remembered[Outcome] | None:
        """The mutation of this key, if it is within the window."""
        found = self._by_key.get(key)
        if found is not None and now_ns - found.at_ns >= IDEMPOTENCY_WINDOW_NS:
            del self._by_key[key]
            return None
        return found

    def remember(self, key: str, done: Remembered[Outcome]) -> None:
        """Store a finished mutation."""
        self._by_key[key] = done
        while len(self._by_key) > self._keys_max:
            del self._by_key[next(iter(self._by_key))]


def fingerprint(operation: str, arguments: dict[str, Any]) -> bytes:
    """Operation and arguments as bytes, independent of the order of fields. Equal for a repeated mutation."""
    return msgspec.json.encode([operation, arguments], order="sorted")
