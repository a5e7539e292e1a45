"""What the double keeps: messages, leases on them, the consumers that hold the leases, and refusals."""

from dataclasses import dataclass, field
from enum import Enum
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
