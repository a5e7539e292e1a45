"""A page by keys equals the page by positions, whatever is asked for."""

from itertools import product

import pytest
from graphql import GraphQLError

from stockstorm.simulator.api.admin.base.pages import Key, Page, cursor_text, keyed_page_of, page_of

ROWS = [(3, 1), (3, 4), (5, 2), (8, 9), (8, 10)]
CURSORS = [None, *(cursor_text(key) for key in [(0, 0), (3, 1), (3, 2), (5, 2), (8, 10), (9, 0)])]


class Rows:
    def between(self, low: Key | None, high: Key | None, limit: int, *, descending: bool = False) -> list[Key]:
        found = [row for row in ROWS if (low is None or row > low) and (high is None or row < high)]
        return (found[::-1] if descending else found)[:limit]


def key_of(row: Key) -> Key:
    return row


def shown(page: Page[Key]) -> tuple[list[Key], bool, bool]:
    return list(page.nodes), page.has_next, page.has_previous


@pytest.mark.parametrize("end", ["first", "last"])
@pytest.mark.parametrize("reverse", [False, True])
def test_a_page_by_keys_equals_the_page_by_positions(end: str, reverse: bool) -> None:
    for size, after, before in product((0, 1, 2, 5, 9), CURSORS, CURSORS):
        arguments = {end: size, "after": after, "before": before, "reverse": reverse}
        expected = page_of(ROWS, key_of, arguments)
        assert shown(keyed_page_of(Rows(), key_of, arguments)) == shown(expected), arguments


def test_a_bad_cursor_is_an_error() -> None:
    with pytest.raises(GraphQLError, match="Invalid cursor"):
        keyed_page_of(Rows(), key_of, {"first": 1, "after": "x"})
