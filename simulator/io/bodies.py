"""The bodies of deliveries as they were sent, in a file beside the history: the first ones of a run, compressed.

Each line is one event: its serial number, its topic, and the body, byte for byte. The file only helps a reader of
incidents. It is bounded, no verdict rests on it, and a disk that fails ends it without ending the run.
"""

import os
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import msgspec

from stockstorm.simulator.errors import UNREADABLE_JSON
from stockstorm.simulator.limits import BODIES_MAX_BYTES, BODIES_TOPIC_MIN_BYTES

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

WRITE_BYTES: Final = 256_000  # compressed at once: 0.7 ms
LEVEL: Final = 1
_FRAME_MAX_BYTES: Final = 16_000_000
_FILE_MAX_BYTES: Final = 2 * BODIES_MAX_BYTES


class SentBody(msgspec.Struct, frozen=True):
    """One line."""

    event: int
    topic: str
    body: msgspec.Raw


class BodyFile:
    """Takes bodies until its bound. A topic's first ones always have room, so that a rare topic is not crowded out."""

    def __init__(self, path: Path) -> None:
        self._lines: list[bytes] = []
        self._waiting = self._total = 0
        self._of_topic: dict[str, int] = {}
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except OSError:
            self._fd = -1

    def keep(self, event: int, topic: str, body: bytes) -> None:
        """Keep the body of an event. Does nothing when there is no room."""
        size = len(body)
        of_topic = self._of_topic.get(topic, 0) + size
        if self._fd < 0 or (self._total + size > BODIES_MAX_BYTES and of_topic > BODIES_TOPIC_MIN_BYTES):
            return
        self._of_topic[topic] = of_topic
        self._total += size
        self._waiting += size
        self._lines.append(b'{"event":%d,"topic":"%s","body":%s}\n' % (event, topic.encode(), body))
        if self._waiting >= WRITE_BYTES:
            self._write()

    def close(self) -> None:
        """Write what is left."""
        if self._fd >= 0:
            self._write()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _write(self) -> None:
        data = zstd.compress(b"".join(self._lines), LEVEL)
        self._lines, self._waiting = [], 0
        try:
            while data:
                data = data[os.write(self._fd, data) :]
        except OSError:
            os.close(self._fd)
            self._fd = -1


def read_bodies(path: Path, events: Collection[int]) -> Iterator[SentBody]:
    """The kept bodies of these events, in order. Ends where the file is missing, cut off or damaged."""
    decode = msgspec.json.Decoder(SentBody).decode
    for line in _lines(path):
        try:
            sent = decode(line)
        except UNREADABLE_JSON:
            return
        if sent.event in events:
            yield sent


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            data = file.read(_FILE_MAX_BYTES)
        while data:
            frame = zstd.ZstdDecompressor()
            lines = frame.decompress(data, max_length=_FRAME_MAX_BYTES)
            if not frame.eof:
                return
            yield from lines.splitlines()
            data = frame.unused_data
    except (OSError, zstd.ZstdError):
        return
