"""Items that are made ahead in a thread."""

import threading
from collections.abc import Iterator

import pytest

from stockstorm.reports.ahead import ahead


def numbers(made: list[int], last: int) -> Iterator[int]:
    for number in range(last):
        made.append(number)
        yield number
    raise LookupError("the end is damaged")


def test_items_keep_their_order_and_an_error_its_place() -> None:
    found: list[int] = []
    with pytest.raises(LookupError, match="damaged"):
        found.extend(ahead(numbers([], 50)))
    # extend takes what came before the error.
    assert found == list(range(50))


def test_one_item_is_made_early_and_no_more() -> None:
    made: list[int] = []
    items = ahead(numbers(made, 50))
    assert next(items) == 0
    assert next(items) == 1
    assert len(made) <= 3


def test_an_iterator_that_is_closed_early_leaves_no_thread() -> None:
    items = ahead(numbers([], 50))
    next(items)
    items.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]
