"""Relay connections: a page of a list, with cursors that stay valid while the list grows.

A cursor is the base64 of `{"last_id":…,"last_value":…}`, as Shopify's: the sort value and the id of its node.
"""

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from graphql import GraphQLError

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.problems import bad_request
from stockstorm.simulator.errors import UNREADABLE_JSON
from stockstorm.simulator.limits import PAGE_MAX

Node = TypeVar("Node")
Key = tuple[int, int]  # sort value and id; unique and ordered


class _CursorValue(msgspec.Struct, frozen=True):
    last_id: int
    last_value: int


class Page(msgspec.Struct, Generic[Node], frozen=True):
    """One page. `key_of` returns the sort key of a node, of which its cursor is made."""

    nodes: Sequence[Node]
    key_of: Callable[[Node], Key]
    has_next: bool
    has_previous: bool


class Edge(msgspec.Struct, frozen=True):
    """A node with its cursor."""

    node: object
    cursor: str


def cursor_text(key: Key) -> str:
    """The cursor of a sort key."""
    return base64.b64encode(msgspec.json.encode(_CursorValue(last_value=key[0], last_id=key[1]))).decode()


def cursor_key(text: str) -> Key:
    """The sort key of a cursor. Raises GraphQLError for an invalid cursor."""
    try:
        value = msgspec.json.decode(base64.b64decode(text, validate=True), type=_CursorValue)
    except (binascii.Error, ValueError, *UNREADABLE_JSON):
        raise bad_request(f"Invalid cursor for current pagination sort: {text!r}.") from None
    return value.last_value, value.last_id


def page_size(arguments: Arguments) -> tuple[int, bool]:
    """The number of nodes, and whether it counts from the end. Raises GraphQLError for bad paging arguments."""
    names = ("first", "last")
    sizes: list[tuple[str, int]] = [(name, arguments[name]) for name in names if arguments.get(name) is not None]
    if not sizes:
        raise bad_request("you must provide one of first or last")
    if len(sizes) > 1:
        raise bad_request("providing both first and last is not supported")
    ((name, size),) = sizes
    if not 0 <= size <= PAGE_MAX:
        raise GraphQLError(
            f"{name} must be between 0 and {PAGE_MAX}, but is {size}.", extensions={"code": "BAD_REQUEST"}
        )
    return size, name == "last"


def _window(arguments: Arguments) -> tuple[int, bool, bool, Key | None, Key | None]:
    """Size, `reverse`, whether it counts from the high keys down, and the keys around it, both exclusive."""
    size, from_end = page_size(arguments)
    after, before = (cursor_key(text) if (text := arguments.get(name)) else None for name in ("after", "before"))
    reverse = bool(arguments.get("reverse"))
    return (size, True, not from_end, before, after) if reverse else (size, False, from_end, after, before)


def page_of(rows: Sequence[Node], key_of: Callable[[Node], Key], arguments: Arguments) -> Page[Node]:
    """The page of `rows`, sorted by `key_of`, for `first`/`after` or `last`/`before`. `reverse` reverses the rows."""
    size, reverse, descending, after, before = _window(arguments)
    low = bisect_right(rows, after, key=key_of) if after is not None else 0
    high = bisect_left(rows, before, key=key_of) if before is not None else len(rows)
    high = max(low, high)
    start, end = (max(low, high - size), high) if descending else (low, min(high, low + size))
    nodes: Sequence[Node] = rows[start:end]
    if not reverse:
        return Page(nodes, key_of, end < len(rows), start > 0)
    return Page(nodes[::-1], key_of, start > 0, end < len(rows))


class Keyed(Protocol[Node]):
    """Rows in the order of their keys that are read by key and not by position."""

    def between(self, low: Key | None, high: Key | None, limit: int, *, descending: bool = False) -> list[Node]:
        """At most `limit` rows whose key lies between two keys, both exclusive; None is unbounded."""
        ...


def keyed_page_of(rows: Keyed[Node], key_of: Callable[[Node], Key], arguments: Arguments) -> Page[Node]:
    """As `page_of`, for rows of which only a page is read."""
    size, reverse, descending, low, high = _window(arguments)
    nodes = rows.between(low, high, size, descending=descending)
    if descending:
        nodes.reverse()
    more_before, more_after = _beyond(rows, [key_of(node) for node in nodes], low, high, descending=descending)
    if not reverse:
        return Page(nodes, key_of, more_after, more_before)
    return Page(nodes[::-1], key_of, more_before, more_after)


def _beyond(
    rows: Keyed[Any], keys: list[Key], low: Key | None, high: Key | None, *, descending: bool
) -> tuple[bool, bool]:
    """Whether there are rows below the page, and above it. An empty page lies where its first row would be."""
    if keys:
        return bool(rows.between(None, keys[0], 1)), bool(rows.between(keys[-1], None, 1))
    if not descending or (low is not None and high is not None and high <= low):
        return low is not None and bool(rows.between(None, _next(low), 1)), bool(rows.between(low, None, 1))
    return bool(rows.between(None, high, 1)), high is not None and bool(rows.between(_before(high), None, 1))


def _before(key: Key) -> Key:
    return key[0], key[1] - 1


def _next(key: Key) -> Key:
    return key[0], key[1] + 1


def _edges(page: Page[Any], _arguments: Arguments, _call: Call) -> list[Edge]:
    return [Edge(node, cursor_text(page.key_of(node))) for node in page.nodes]


def _end_cursor(page: Page[Any], _arguments: Arguments, _call: Call) -> str | None:
    return cursor_text(page.key_of(page.nodes[-1])) if page.nodes else None


def _start_cursor(page: Page[Any], _arguments: Arguments, _call: Call) -> str | None:
    return cursor_text(page.key_of(page.nodes[0])) if page.nodes else None


CONNECTION: dict[str, Resolver] = {
    "nodes": lambda page, _arguments, _call: page.nodes,
    "edges": _edges,
    "pageInfo": lambda page, _arguments, _call: page,
}
EDGE: dict[str, Resolver] = {
    "node": lambda edge, _arguments, _call: edge.node,
    "cursor": lambda edge, _arguments, _call: edge.cursor,
}
PAGE_INFO: dict[str, Resolver] = {
    "hasNextPage": lambda page, _arguments, _call: page.has_next,
    "hasPreviousPage": lambda page, _arguments, _call: page.has_previous,
    "startCursor": _start_cursor,
    "endCursor": _end_cursor,
}
