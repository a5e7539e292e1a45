"""What the double must remember when it is killed: a file to which every change is appended, and its reading.

A record reaches the operating system in one call before the change is answered, so a killed process loses none. It is
not synchronised to the disk: the double survives its own end, not that of the machine.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

import msgspec

from stockstorm.loadtests.backing.pubsub_double.subscription import Settings

LENGTH_BYTES: Final = 4


class Record(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Base of the closed union."""


class Opened(Record, frozen=True, tag=True):
    """A process began to write here."""


class TopicMade(Record, frozen=True, tag=True):
    name: str


class TopicGone(Record, frozen=True, tag=True):
    name: str


class SubscriptionMade(Record, frozen=True, tag=True):
    settings: Settings


class SubscriptionGone(Record, frozen=True, tag=True):
    name: str


class Placed(Record, frozen=True, tag=True):
    """A message in subscriptions. `wire`: the PubsubMessage as bytes."""

    serial: int
    subscriptions: list[str]
    wire: bytes


class Done(Record, frozen=True, tag=True):
    """A message left a subscription: acknowledged, or moved to the dead letters."""

    subscription: str
    serial: int


AnyRecord = Opened | TopicMade | TopicGone | SubscriptionMade | SubscriptionGone | Placed | Done


class Journal(Protocol):
    """Where a broker writes its changes."""

    def write(self, *records: AnyRecord) -> None: ...


class NoJournal:
    """For a double that may forget."""

    def write(self, *records: AnyRecord) -> None:
        """Writes nothing."""


class FileJournal:
    """Appends to a file."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._encoder = msgspec.msgpack.Encoder()
        self.write(Opened())

    def write(self, *records: AnyRecord) -> None:
        texts = (self._encoder.encode(record) for record in records)
        framed = b"".join(len(text).to_bytes(LENGTH_BYTES, "big") + text for text in texts)
        while framed:
            framed = framed[os.write(self._fd, framed) :]


def read(path: Path) -> Iterator[AnyRecord]:
    """The records of a file; nothing if there is none. A last record that was cut off is left out."""
    if not path.exists():
        return
    decoder = msgspec.msgpack.Decoder(AnyRecord)
    with path.open("rb") as file:
        while len(head := file.read(LENGTH_BYTES)) == LENGTH_BYTES:
            size = int.from_bytes(head, "big")
            if len(text := file.read(size)) < size:
                return
            yield decoder.decode(text)
