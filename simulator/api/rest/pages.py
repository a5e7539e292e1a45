"""Pages of a list, and the Link header that leads to the next and the previous one.

`page_info` is opaque to the caller: it holds the sort key of the row at the edge of a page, and the filters of the
first request, which must not be repeated.
"""

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Final, Generic, Literal, TypeVar
from urllib.parse import urlencode

import msgspec

from stockstorm.simulator.api.admin.base.pages import Key, Keyed
from stockstorm.simulator.api.rest.call import GUIDE, Refused, RestCall
from stockstorm.simulator.errors import UNREADABLE_JSON

Node = TypeVar("Node")
PAGE_INFO_MAX: Final = 4_000  # characters
WITH_PAGE_INFO: Final = frozenset({"page_info", "limit", "fields"})
_BOUND: Final = 1 << 63


class Cursor(msgspec.Struct, frozen=True):
    """The content of `page_info`."""

    direction: Literal["next", "previous"]
    last_id: int
    last_value: int
    filters: dict[str, str] = {}


_DECODER: Final = msgspec.json.Decoder(Cursor)


def take_page_info(call: RestCall) -> Cursor | None:
    """The cursor of the request. The call then has the filters of the first request. Raises Refused (400)."""
    text = call.text("page_info")
    if not text:
        return None
    for name in call.parameters:
        if name not in WITH_PAGE_INFO:
            raise Refused(400, {name: f"{name} cannot be passed when page_info is present. {GUIDE}"})
    cursor = _decoded(text)
    if cursor is None or not (abs(cursor.last_id) < _BOUND and abs(cursor.last_value) < _BOUND):
        raise Refused(400, {"page_info": "Invalid value."})
    call.parameters = {**cursor.filters, **call.parameters}
    return cursor


def _decoded(text: str) -> Cursor | None:
    if len(text) > PAGE_INFO_MAX:
        return None
    try:
        return _DECODER.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, *UNREADABLE_JSON):
        return None


def page(
    call: RestCall,
    cursor: Cursor | None,
    rows: Keyed[Node],
    key_of: Callable[[Node], Key],
    *,
    descending: bool = False,
    fitting: Callable[[Sequence[Node]], int] = len,
) -> list[Node]:
    """The rows of the page that the call asks for. Adds the links to its neighbours.

    `fitting`: how many of the rows, from the first one on, fit into one answer, at least 1. The others follow.
    """
    limit = call.limit()
    back = cursor is not None and cursor.direction == "previous"
    down = descending != back  # whether the rows are read from the high keys on
    edge = None if cursor is None else (cursor.last_value, cursor.last_id)
    low, high = (None, edge) if down else (edge, None)
    nodes = rows.between(low, high, limit + 1, descending=down)
    fit = min(limit, fitting(nodes))
    more = len(nodes) > fit
    del nodes[fit:]
    if back:
        nodes.reverse()
    if nodes:
        if cursor is not None and (more or not back):
            _link(call, "previous", key_of(nodes[0]), limit)
        if more or back:
            _link(call, "next", key_of(nodes[-1]), limit)
    call.rows += len(nodes)
    return nodes


def _link(call: RestCall, direction: Literal["next", "previous"], key: Key, limit: int) -> None:
    filters = {name: text for name, text in call.parameters.items() if name not in WITH_PAGE_INFO}
    cursor = Cursor(direction, last_id=key[1], last_value=key[0], filters=filters)
    text = base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")
    query = {"limit": str(limit), "page_info": text}
    if fields := call.text("fields"):
        query["fields"] = fields
    host = call.http.headers.get("host") or call.world.config.shop.domain
    scheme = "https" if host.endswith(".myshopify.com") else "http"
    call.links.append(f'<{scheme}://{host}{call.http.path}?{urlencode(query)}>; rel="{direction}"')


class SortedRows(Generic[Node]):
    """Rows in memory, sorted by their keys."""

    def __init__(self, rows: Sequence[Node], key_of: Callable[[Node], Key]) -> None:
        self._rows, self._key_of = rows, key_of

    def between(self, low: Key | None, high: Key | None, limit: int, *, descending: bool = False) -> list[Node]:
        """At most `limit` rows whose key lies between two keys, both exclusive; None is unbounded."""
        start = 0 if low is None else bisect_right(self._rows, low, key=self._key_of)
        end = len(self._rows) if high is None else bisect_left(self._rows, high, key=self._key_of)
        if descending:
            return list(self._rows[max(start, end - limit) : end])[::-1]
        return list(self._rows[start : min(end, start + limit)])
