"""The feed of each marketplace: every event since the start, which a subject may read from any position."""

from typing import Final

import msgspec

from stockstorm.simulator.model import Event
from stockstorm.simulator.shop.records import Records

_SCHEMA: Final = "CREATE TABLE feed (channel TEXT, page INTEGER, body BLOB, PRIMARY KEY (channel, page)) WITHOUT ROWID"
_PAGES: Final = "SELECT body FROM feed WHERE channel = ? AND page BETWEEN ? AND ? ORDER BY page"
PAGE_EVENTS: Final = 32  # a row for each event costs three times as much


class Feeds:
    """The events of all marketplaces. A position counts the events of its channel, from 0, and is a cursor.

    The last events of a channel are in memory until they fill a page, which becomes one row.
    """

    def __init__(self) -> None:
        self._records = Records(_SCHEMA)
        self._pages: dict[str, int] = {}
        self._last: dict[str, list[Event]] = {}
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(list[Event]).decode

    def append(self, channel: str, event: Event) -> None:
        last = self._last.setdefault(channel, [])
        last.append(event)
        if len(last) == PAGE_EVENTS:
            page = self._pages.get(channel, 0)
            self._records.write("INSERT INTO feed VALUES (?, ?, ?)", (channel, page, self._encode(last)))
            self._pages[channel], self._last[channel] = page + 1, []

    def read(self, channel: str, since: int, limit: int) -> list[Event]:
        """At most `limit` events from a position on. Empty at the end of the feed."""
        since = max(0, since)
        first, skipped = divmod(since, PAGE_EVENTS)
        pages, last = self._pages.get(channel, 0), self._last.get(channel, [])
        if first >= pages:
            return last[since - pages * PAGE_EVENTS :][:limit]
        rows = self._records.rows(_PAGES, (channel, first, (since + limit) // PAGE_EVENTS))
        events = [event for (body,) in rows for event in self._decode(body)]
        return [*events, *last][skipped:][:limit]
