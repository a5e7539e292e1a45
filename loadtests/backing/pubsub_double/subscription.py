"""What the double keeps: messages, leases on them, the consumers that hold the leases, and refusals.

One subscription's backlog and leases: a pure state machine, with the time as argument.

Subtleties: deadlines stand in a heap and are looked at lazily, since clients extend them all the time. What comes back
is handed out again in the order of publishing, before newer messages. Of an ordering key one message is out at a time,
and the others wait aside, so that thousands of one key cost nothing to skip.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final

UNLIMITED: Final = 1 << 60


class Reason(Enum):
    """Named as gRPC names its status codes."""

    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    UNIMPLEMENTED = "UNIMPLEMENTED"


class Refusal(Exception):
    """A request that the double answers with an error."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason, self.text = reason, text


@dataclass(frozen=True, slots=True)
class Message:
    """`wire`: the PubsubMessage with id and publish time. Never changed, since subscriptions share it."""

    wire: Any
    ordering_key: str
    size_bytes: int


@dataclass(eq=False, slots=True)
class Held:
    """One message in one subscription. `serial` is its place in the order of publishing."""

    message: Message
    serial: int
    attempts: int = 0


@dataclass(eq=False, slots=True)
class Consumer:
    """Who holds leases: one StreamingPull, or all unary pulls together. Zero limits of the protocol mean none."""

    ack_deadline_s: int = 0  # of its leases; 0: the subscription's own
    messages_max: int = UNLIMITED
    bytes_max: int = UNLIMITED
    messages: int = 0
    size_bytes: int = 0

    def room(self) -> int:
        """How many messages it may still be given; one is always allowed beyond the bytes, so that large ones pass."""
        if self.size_bytes >= self.bytes_max:
            return 0
        return max(0, self.messages_max - self.messages)


@dataclass(eq=False, slots=True)
class Lease:
    """A message handed out until `deadline_ns`."""

    held: Held
    consumer: Consumer
    deadline_ns: int


@dataclass(frozen=True, slots=True)
class Handout:
    """What a consumer is given."""

    ack_id: str
    message: Message
    attempt: int


@dataclass(frozen=True, slots=True)
class Settings:
    """Of a subscription. `deliveries_max` 0: no dead letters."""

    name: str
    topic: str
    ack_deadline_s: int = 10
    ordered: bool = False
    dead_letter_topic: str = ""
    deliveries_max: int = 0


@dataclass(eq=False, slots=True)
class Topic:
    name: str
    subscriptions: list[str] = field(default_factory=list)


S_NS = 1_000_000_000
TAKE_MAX_BYTES = 8_000_000  # of one answer; the message that reaches it is still part of it


class Subscription:
    """Backlog and leases. `take` hands out; `acknowledge`, `modify` and `expire` settle what was handed out."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._fresh: deque[Held] = deque()
        self._returned: list[tuple[int, Held]] = []  # heap by serial
        self._aside: dict[str, deque[Held]] = {}  # ordering keys with a message out or in the backlog: those behind it
        self._leases: dict[str, Lease] = {}
        self._deadlines: list[tuple[int, str]] = []  # heap; entries may be outdated
        self._ids = count(1)

    @property
    def waiting(self) -> int:
        """Messages that could be handed out now."""
        return len(self._fresh) + len(self._returned)

    def messages(self) -> list[Message]:
        """All that it still keeps, for its removal."""
        aside = (held for queue in self._aside.values() for held in queue)
        kept = (*self._fresh, *(held for _, held in self._returned), *aside)
        return [held.message for held in (*kept, *(lease.held for lease in self._leases.values()))]

    def add(self, message: Message, serial: int) -> None:
        held = Held(message, serial)
        if not self.settings.ordered or not message.ordering_key:
            self._fresh.append(held)
        elif message.ordering_key in self._aside:
            self._aside[message.ordering_key].append(held)
        else:
            self._aside[message.ordering_key] = deque()
            self._fresh.append(held)

    def take(self, consumer: Consumer, messages_max: int, now_ns: int) -> list[Handout]:
        """Up to `messages_max` messages, as far as the consumer's own limits allow, each leased from now."""
        handouts: list[Handout] = []
        size_bytes = 0
        while self.waiting and consumer.room() and len(handouts) < messages_max and size_bytes < TAKE_MAX_BYTES:
            held = heappop(self._returned)[1] if self._returned else self._fresh.popleft()
            held.attempts += 1
            ack_id = f"{self.settings.name.rpartition('/')[2]}:{next(self._ids)}"
            deadline_ns = now_ns + (consumer.ack_deadline_s or self.settings.ack_deadline_s) * S_NS
            self._leases[ack_id] = Lease(held, consumer, deadline_ns)
            heappush(self._deadlines, (deadline_ns, ack_id))
            consumer.messages += 1
            consumer.size_bytes += held.message.size_bytes
            size_bytes += held.message.size_bytes
            handouts.append(Handout(ack_id, held.message, held.attempts))
        return handouts

    def acknowledge(self, ack_id: str) -> Message | None:
        """The message that is done, or None: an unknown or expired id is ignored, as Pub/Sub does."""
        lease = self._end(ack_id)
        if lease is None:
            return None
        self._next_of_key(lease.held.message.ordering_key)
        return lease.held.message

    def modify(self, ack_id: str, deadline_s: int, now_ns: int) -> Message | None:
        """Moves the deadline; 0 gives the message back at once. Returns it if that makes it a dead letter."""
        if deadline_s == 0:
            return self._give_back(ack_id)
        lease = self._leases.get(ack_id)
        if lease is not None:
            lease.deadline_ns = now_ns + deadline_s * S_NS
            heappush(self._deadlines, (lease.deadline_ns, ack_id))
        return None

    def expire(self, now_ns: int) -> tuple[int, list[Message]]:
        """Takes back what was held too long: how many, and those of them that became dead letters."""
        expired, dead = 0, []
        while self._deadlines and self._deadlines[0][0] <= now_ns:
            _, ack_id = heappop(self._deadlines)
            lease = self._leases.get(ack_id)
            if lease is None or lease.deadline_ns > now_ns:
                continue  # settled, or extended: a later entry stands for it
            expired += 1
            if (message := self._give_back(ack_id)) is not None:
                dead.append(message)
        return expired, dead

    def _give_back(self, ack_id: str) -> Message | None:
        lease = self._end(ack_id)
        if lease is None:
            return None
        held = lease.held
        if 0 < self.settings.deliveries_max <= held.attempts:
            self._next_of_key(held.message.ordering_key)
            return held.message
        heappush(self._returned, (held.serial, held))
        return None

    def _end(self, ack_id: str) -> Lease | None:
        lease = self._leases.pop(ack_id, None)
        if lease is not None:
            lease.consumer.messages -= 1
            lease.consumer.size_bytes -= lease.held.message.size_bytes
        return lease

    def _next_of_key(self, key: str) -> None:
        behind = self._aside.get(key) if self.settings.ordered else None
        if behind is None:
            return
        if behind:
            self._fresh.append(behind.popleft())
        else:
            del self._aside[key]
