"""Works ahead: a thread makes the next items of an iterator while the caller uses the last one.

It gains time where making an item releases the interpreter's lock, as decompression and hashing do. More than one item
is made early, because the thread gets the lock only when the caller waits: with one item it would begin the next one
just then.
"""

import threading
from collections.abc import Generator, Iterator
from queue import SimpleQueue
from typing import Final, Generic, TypeVar

T = TypeVar("T")
EARLY_MAX: Final = 3  # items
_END: Final = object()


class _Maker(Generic[T]):
    """Makes items until nobody wants them any more."""

    def __init__(self, items: Iterator[T]) -> None:
        self._items, self._room, self._wanted = items, threading.Semaphore(EARLY_MAX), True
        self._made: SimpleQueue[tuple[T | object, BaseException | None]] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="ahead", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        item: T | object = None
        try:
            while item is not _END and self._room.acquire() and self._wanted:
                item = next(self._items, _END)
                self._made.put((item, None))
        except BaseException as error:  # noqa: BLE001  # raised where the item would be
            self._made.put((_END, error))

    def take(self) -> T | object:
        """The next item, or `_END`. Raises what making it raised."""
        item, error = self._made.get()
        self._room.release()
        if error is not None:
            raise error
        return item

    def end(self) -> None:
        """Waits until the thread has ended."""
        self._wanted = False
        self._room.release()
        self._thread.join()


def ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """The same items in the same order, at most `EARLY_MAX` of them made early.

    What making an item raises is raised in its place. The thread has ended when the iterator has, also if it is closed
    early.
    """
    maker = _Maker(items)
    try:
        while (item := maker.take()) is not _END:
            yield item  # type: ignore[misc]  # a sentinel cannot be excluded from a type variable
    finally:
        maker.end()
