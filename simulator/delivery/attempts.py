"""From an event to attempts and on to an outcome: who is told (`plan`), what an answer means (`policy`), and both for a
whole run without I/O (`deliveries`).

How an attempt gets across. A sender is told what to send and when it fell due; it knows nothing of the world.

`Outgoing` goes in, `Answer` comes out, once for each; nothing is dropped. Variant: `https` (kept-alive gevent sockets).
"""

from typing import Protocol

import msgspec

from stockstorm.simulator.model import Event


class Delivery(msgspec.Struct, frozen=True):
    """One notification to one subscription (`copy` 0), or a duplicate of it (1, 2, …) with the same webhook id.

    `event` is None for a forged delivery. Perturbations rewrite `due_ns`, add copies, and add their names to
    `perturbed`.
    """

    webhook_id: str
    subscription_id: int
    uri: str
    source: str  # "shopify" or a channel's name
    topic: str
    event: Event | None
    due_ns: int
    copy: int = 0
    perturbed: tuple[str, ...] = ()
    forged: str = ""


class Address(msgspec.Struct, frozen=True):
    """Where a subscription points, resolved once per run."""

    host: str
    port: int
    path: str  # with query
    tls: bool = False


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """One try. `head` is the complete HTTP/1.1 request head with the blank line, `body` the signed bytes."""

    delivery: int
    attempt: int  # from 1
    due_ns: int
    address: Address
    head: bytes
    body: bytes


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What came of one try; times are monotonic nanoseconds, 0 for what did not happen.

    `free_ns` is when it could have started at the earliest: `due_ns`, or later when every connection was busy and the
    pool at its limit. `error` is "", "connect_timeout", "connect_refused" (or no such host), "answer_timeout",
    "disconnected" or "protocol".
    """

    started_ns: int
    sent_ns: int
    answered_ns: int
    free_ns: int
    ended_ns: int
    status: int = 0
    error: str = ""
    resent: bool = False
    bytes_sent: int = 0


class Sender(Protocol):
    """Takes attempts that are due. The answer comes later, through the callback the sender was made with."""

    def submit(self, outgoing: Outgoing) -> None: ...
