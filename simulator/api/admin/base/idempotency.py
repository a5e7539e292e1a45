"""The memory of idempotency keys: the arguments and the result of each mutation, for 24 hours.

Shopify answers a repeated key with the result of the original operation, "constructed from current database state".
A record therefore holds the operation and not its answer.
"""

import hashlib
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import msgspec

from stockstorm.simulator.limits import IDEMPOTENCY_WINDOW_NS
from stockstorm.simulator.shop.records import Records

KEYS_MAX: Final = 5_000_000  # ours, as many as items of a plan: above it the oldest key is forgotten early

Outcome = TypeVar("Outcome")
_SCHEMA: Final = """CREATE TABLE keys (
    nth INTEGER PRIMARY KEY, key TEXT UNIQUE, fingerprint BLOB, outcome BLOB, failed INTEGER, at_ns INTEGER)"""


class Remembered(msgspec.Struct, Generic[Outcome], frozen=True):
    """One finished mutation. `failed` means that it ended in user errors and changed nothing."""

    fingerprint: bytes
    outcome: Outcome
    failed: bool
    at_ns: int


class IdempotencyKeys(Generic[Outcome]):
    """Keys of one app on one shop. The window starts at the first use. Outcomes are kept as bytes."""

    def __init__(
        self, encode: Callable[[Outcome], bytes], decode: Callable[[bytes], Outcome], keys_max: int = KEYS_MAX
    ) -> None:
        self._encode, self._decode, self._keys_max = encode, decode, keys_max
        self._records = Records(_SCHEMA)
        self._nth = 0
        self._until: dict[str, int] = {}  # keys of calls whose answer is not given yet; there are few

    def recall(self, key: str, now_ns: int) -> Remembered[Outcome] | None:
        """The mutation of this key, if it is within the window."""
        found = self._records.row("SELECT fingerprint, outcome, failed, at_ns FROM keys WHERE key = ?", (key,))
        if found is None:
            return None
        mark, outcome, failed, at_ns = found
        if now_ns - at_ns >= IDEMPOTENCY_WINDOW_NS:
            return None
        return Remembered(mark, self._decode(outcome), bool(failed), at_ns)

    def begin(self, key: str, until_ns: int, now_ns: int) -> None:
        """The call with this key is in progress until then, for whoever sends the key again."""
        self._until = {known: end_ns for known, end_ns in self._until.items() if end_ns > now_ns}
        self._until[key] = until_ns

    def in_progress(self, key: str, now_ns: int) -> bool:
        """Whether a call with this key is in progress."""
        return now_ns < self._until.get(key, 0)

    def remember(self, key: str, done: Remembered[Outcome]) -> None:
        """Store a finished mutation."""
        values = (self._nth, key, done.fingerprint, self._encode(done.outcome), done.failed, done.at_ns)
        self._records.write("INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?)", values)
        self._nth += 1
        if self._nth > self._keys_max:
            self._records.write("DELETE FROM keys WHERE nth < ?", (self._nth - self._keys_max,))


def fingerprint(operation: str, arguments: dict[str, Any]) -> bytes:
    """A hash of operation and arguments, independent of the order of fields. Equal for a repeated mutation."""
    given = msgspec.json.encode([operation, arguments], order="sorted")
    return hashlib.blake2b(given, digest_size=16).digest()
