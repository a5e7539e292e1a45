"""The values of a delivery: the delivery itself, its attempts, and what came of each attempt.

A `Sender` takes an `Outgoing` when it is due and reports one `Answer` for each. It drops nothing and does not know the
world. `io.senders.pool.ConnectionPool` is the one that a run uses.
"""

from typing import Literal, Protocol

import msgspec

from stockstorm.simulator.config import DeliveryMark, ForgeryKind, PoisonKind
from stockstorm.simulator.history.facts import AttemptError
from stockstorm.simulator.model import Event


class Delivery(msgspec.Struct, frozen=True):
    """One notification to one subscription (`copy` 0), or a duplicate of it (1, 2, …).

    `event` is None for a forged delivery, and for a poisonous one. Perturbations change `due_ns`, add copies, and add
    their names to `perturbed`. A copy has the same webhook id, unless it is one that was resent.
    """

    webhook_id: str
    subscription_id: int
    uri: str
    source: str  # "shopify" or a channel's name
    topic: str
    event: Event | None
    due_ns: int
    copy: int = 0
    perturbed: tuple[DeliveryMark, ...] = ()
    forged: ForgeryKind | PoisonKind | Literal[""] = ""


class Address(msgspec.Struct, frozen=True):
    """Where a subscription points, parsed once per run."""

    host: str
    port: int
    path: str  # with query
    tls: bool = False


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """One attempt. `head` is the complete HTTP/1.1 request head with the blank line, `body` the signed bytes."""

    delivery: int
    attempt: int  # from 1
    due_ns: int
    address: Address
    head: bytes
    body: bytes


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What came of one attempt. Times are monotonic nanoseconds, 0 for a step that was not reached.

    `free_ns` is the earliest time at which it could start: `due_ns`, or later when every connection was busy and the
    pool at its limit.
    """

    started_ns: int
    sent_ns: int
    answered_ns: int
    free_ns: int
    ended_ns: int
    status: int = 0
    error: AttemptError = ""
    bytes_sent: int = 0
    said: str = ""  # the start of an answer that is no 2xx, where it was kept


class Sender(Protocol):
    """Takes attempts that are due. The answer comes later, by the callback that the sender was made with."""

    def submit(self, outgoing: Outgoing) -> None: ...
