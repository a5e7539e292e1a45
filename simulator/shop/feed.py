"""The feed of each marketplace: every event since the start, which a subject may read from any position."""

from typing import Final

import msgspec

from stockstorm.simulator.model import Event
from stockstorm.simulator.shop.records import Records

_SCHEMA: Final = (
    "CREATE TABLE feed (channel TEXT, position INTEGER, body BLOB, PRIMARY KEY (channel, position)) WITHOUT ROWID"
)


class Feeds:
    """The events of all marketplaces. A position counts the events of its channel, from 0, and is a cursor."""

    def __init__(self) -> None:
        self._records = Records(_SCHEMA)
        self._lengths: dict[str, int] = {}
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Event).decode

    def append(self, channel: str, event: Event) -> None:
        position = self._lengths.get(channel, 0)
        self._lengths[channel] = position + 1
        self._records.write("INSERT INTO feed VALUES (?, ?, ?)", (channel, position, self._encode(event)))

    def read(self, channel: str, since: int, limit: int) -> list[Event]:
        """At most `limit` events from a position on. Empty at the end of the feed."""
        query = "SELECT body FROM feed WHERE channel = ? AND position >= ? ORDER BY position LIMIT ?"
        return [self._decode(body) for (body,) in self._records.rows(query, (channel, since, limit))]
