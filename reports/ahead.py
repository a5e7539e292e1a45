"""Works ahead: the next item of an iterator is made in a thread while the caller uses the last one.

It gains time where making an item releases the interpreter's lock, as decompression and hashing do.
"""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

T = TypeVar("T")
_END: Final = object()


def ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """The same items in the same order, at most one of them made early.

    What making an item raises is raised in its place. The thread has ended when the iterator has, also if it is closed
    early.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming = pool.submit(next, items, _END)
        while (item := coming.result()) is not _END:
            coming = pool.submit(next, items, _END)
            yield item  # type: ignore[misc]  # a sentinel cannot be excluded from a type variable
