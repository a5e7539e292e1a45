"""Items that are made ahead in a thread."""

import threading
from collections.abc import Iterator

import pytest

from stockstorm.reports.ahead import EARLY_MAX, ahead


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


def test_few_items_are_made_early() -> None:
    made: list[int] = []
    items = ahead(numbers(made, 50))
    assert next(items) == 0
    assert next(items) == 1
    assert len(made) <= 2 + EARLY_MAX


def test_an_item_is_made_while_the_caller_still_uses_the_one_before() -> None:
    """The thread needs nothing of the caller for it: not even that it asks for the next one."""
    third = threading.Event()

    def told() -> Iterator[int]:
        yield 0
        yield 1
        third.set()
        yield 2

    items = ahead(told())
    assert next(items) == 0
    assert third.wait(30)
    assert list(items) == [1, 2]


def test_an_iterator_that_is_closed_early_leaves_no_thread() -> None:
    items = ahead(numbers([], 50))
    next(items)
    items.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]
