"""One subscription's backlog and leases: a pure state machine with the time as an argument.

Deadlines are in a heap and are checked lazily, because clients extend them often. Returned messages are handed out in
the order of publishing, before newer ones.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final

UNLIMITED: Final = 1 << 60


class Reason(Enum):
    """gRPC's names of status codes."""

    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    UNIMPLEMENTED = "UNIMPLEMENTED"


class Refusal(Exception):
    """The double answers the request with an error."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason, self.text = reason, text


@dataclass(frozen=True, slots=True)
class Message:
    """`wire`: the PubsubMessage with id and publish time. Never changed, because subscriptions share it."""

    wire: Any
    size_bytes: int


@dataclass(eq=False, slots=True)
class Entry:
    """One message in one subscription. `serial` is its position in the order of publishing."""

    message: Message
    serial: int
    attempts: int = 0


@dataclass(eq=False, slots=True)
class Consumer:
    """The holder of leases: one StreamingPull, or all unary pulls together."""

    ack_deadline_s: int = 0  # of its leases; 0: the subscription's own
    messages_max: int = UNLIMITED
    bytes_max: int = UNLIMITED
    messages: int = 0
    size_bytes: int = 0

    def room(self) -> int:
        """How many more messages it may hold. The last one may exceed `bytes_max`, so that large messages pass."""
        if self.size_bytes >= self.bytes_max:
            return 0
        return max(0, self.messages_max - self.messages)


@dataclass(eq=False, slots=True)
class Lease:
    """A message that a consumer holds until `deadline_ns`."""

    entry: Entry
    consumer: Consumer
    deadline_ns: int


@dataclass(frozen=True, slots=True)
class Handout:
    """A message as a consumer receives it."""

    ack_id: str
    message: Message
    attempt: int


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a subscription. `deliveries_max` 0: no dead letters."""

    name: str
    topic: str
    ack_deadline_s: int = 10
    dead_letter_topic: str = ""
    deliveries_max: int = 0


@dataclass(eq=False, slots=True)
class Topic:
    """A topic and the names of its subscriptions."""

    name: str
    subscriptions: list[str] = field(default_factory=list)


S_NS = 1_000_000_000
TAKE_MAX_BYTES = 8_000_000  # of one answer, including the message that reaches it


class Subscription:
    """Backlog and leases. `take` hands out messages; `acknowledge`, `modify` and `expire` end or move leases."""

    def __init__(self, settings: Settings, first_id: int = 1) -> None:
        self.settings = settings
        self._fresh: deque[Entry] = deque()
        self._returned: list[tuple[int, Entry]] = []  # heap by serial
        self._leases: dict[str, Lease] = {}
        self._deadlines: list[tuple[int, str]] = []  # heap; entries may be outdated
        self._ids = count(first_id)

    @property
    def waiting(self) -> int:
        """Messages that could be handed out now."""
        return len(self._fresh) + len(self._returned)

    def messages(self) -> list[Message]:
        """All messages that it still keeps."""
        leased = (lease.entry for lease in self._leases.values())
        return [entry.message for entry in (*self._fresh, *(entry for _, entry in self._returned), *leased)]

    def add(self, message: Message, serial: int) -> None:
        self._fresh.append(Entry(message, serial))

    def take(self, consumer: Consumer, messages_max: int, now_ns: int) -> list[Handout]:
        """Up to `messages_max` messages, within the consumer's limits, each leased from now."""
        handouts: list[Handout] = []
        size_bytes = 0
        while self.waiting and consumer.room() and len(handouts) < messages_max and size_bytes < TAKE_MAX_BYTES:
            entry = heappop(self._returned)[1] if self._returned else self._fresh.popleft()
            entry.attempts += 1
            ack_id = f"{self.settings.name.rpartition('/')[2]}:{next(self._ids)}"
            deadline_ns = now_ns + (consumer.ack_deadline_s or self.settings.ack_deadline_s) * S_NS
            self._leases[ack_id] = Lease(entry, consumer, deadline_ns)
            heappush(self._deadlines, (deadline_ns, ack_id))
            consumer.messages += 1
            consumer.size_bytes += entry.message.size_bytes
            size_bytes += entry.message.size_bytes
            handouts.append(Handout(ack_id, entry.message, entry.attempts))
        return handouts

    def acknowledge(self, ack_id: str) -> Entry | None:
        """The acknowledged entry, or None: an unknown or expired id is ignored, as Pub/Sub does."""
        lease = self._end(ack_id)
        return lease.entry if lease else None

    def modify(self, ack_id: str, deadline_s: int, now_ns: int) -> Entry | None:
        """Moves the deadline; 0 returns the message at once. The entry if that makes it a dead letter."""
        if deadline_s == 0:
            return self._give_back(ack_id)
        lease = self._leases.get(ack_id)
        if lease is not None:
            lease.deadline_ns = now_ns + deadline_s * S_NS
            heappush(self._deadlines, (lease.deadline_ns, ack_id))
        return None

    def expire(self, now_ns: int) -> tuple[int, list[Entry]]:
        """Returns the messages whose lease ran out: their number, and those that became dead letters."""
        expired, dead = 0, []
        while self._deadlines and self._deadlines[0][0] <= now_ns:
            _, ack_id = heappop(self._deadlines)
            lease = self._leases.get(ack_id)
            if lease is None or lease.deadline_ns > now_ns:
                continue  # ended, or extended: a later heap entry stands for it
            expired += 1
            if (entry := self._give_back(ack_id)) is not None:
                dead.append(entry)
        return expired, dead

    def _give_back(self, ack_id: str) -> Entry | None:
        lease = self._end(ack_id)
        if lease is None:
            return None
        entry = lease.entry
        if 0 < self.settings.deliveries_max <= entry.attempts:
            return entry
        heappush(self._returned, (entry.serial, entry))
        return None

    def _end(self, ack_id: str) -> Lease | None:
        lease = self._leases.pop(ack_id, None)
        if lease is not None:
            lease.consumer.messages -= 1
            lease.consumer.size_bytes -= lease.entry.message.size_bytes
        return lease
