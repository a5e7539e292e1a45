"""Bulk operations of the app: what runs in the background, slice by slice, and the files that it leaves.

A slice is short, because calls and deliveries wait meanwhile. What a file shows of stock and orders is shown to the
subject when it fetches the file, and not before.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Literal

import msgspec

from stockstorm.simulator.events.encoding import derived_token
from stockstorm.simulator.history.facts import AnyFact, OrdersShown, StockShown
from stockstorm.simulator.model import ONLINE
from stockstorm.simulator.versions import ApiVersion

BulkStatus = Literal["CREATED", "RUNNING", "COMPLETED", "CANCELING", "CANCELED", "FAILED"]
OPEN: Final[tuple[BulkStatus, ...]] = ("CREATED", "RUNNING", "CANCELING")
FIRST_ID: Final = 720_918_000_001
OPERATIONS_MAX: Final = 1_000  # of a run; the oldest ones are forgotten
FILES_MAX: Final = 10  # of the newest operations; Shopify keeps them for a week
FILE_MAX: Final = 32 * 1024**2  # bytes; a longer result fails
SLICE: Final = 60  # lines at once, which take some milliseconds
SLICE_BYTES: Final = 1_000_000  # at once, and the line that goes beyond it
FILES: Final = "/bulk-operations/"  # the start of the path of every file

Line = dict[str, object]


class Shown(msgspec.Struct):
    """What a file shows, as the facts of an answer do. A file can be fetched often, so its columns are made once.

    They grow page by page, so that the end of a large operation takes no longer than any other slice.
    """

    known: set[tuple[str, int] | int] = set()  # SKU and version; orders
    skus: list[str] = []
    versions: list[int] = []
    orders: list[int] = []
    columns: tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...]] = ((), (), ())

    def add(self, levels: Iterable[tuple[str, int]], orders: Iterable[int]) -> None:
        """What one page shows. What an earlier page showed is not repeated."""
        for level in levels:
            if level not in self.known:
                self.known.add(level)
                self.skus.append(level[0])
                self.versions.append(level[1])
        for order in orders:
            if order not in self.known:
                self.known.add(order)
                self.orders.append(order)

    def close(self) -> None:
        """Nothing more is shown."""
        self.columns = tuple(self.skus), tuple(self.versions), tuple(self.orders)
        self.known, self.skus, self.versions, self.orders = set(), [], [], []

    def facts(self, request: int, now_ns: int) -> list[AnyFact]:
        """What a call that fetches the file is shown."""
        skus, versions, orders = self.columns
        found: list[AnyFact] = [StockShown(now_ns, request, skus, versions)] if skus else []
        return [*found, OrdersShown(now_ns, request, ONLINE, orders)] if orders else found


class Query(msgspec.Struct, frozen=True):
    """A query that may run. `lines` walks it at a time: (line, whether it is of the root connection)."""

    lines: Callable[[Shown], Iterator[tuple[Line, bool]]]


class BulkOperation:
    """One operation. `text` is its query."""

    graphql_type = "BulkOperation"

    def __init__(self, operation_id: int, text: str, query: Query, now_ns: int) -> None:
        self.operation_id, self.text, self.created_ns = operation_id, text, now_ns
        self.status: BulkStatus = "CREATED"
        self.error: str | None = None
        self.completed_ns: int | None = None
        self.objects = self.roots = 0
        self.file: bytes | None = None
        self.shown = Shown()
        self.token = derived_token("bulk", operation_id, now_ns)
        self._lines: Iterator[tuple[Line, bool]] = query.lines(self.shown)
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def path(self) -> str:
        """Where the file is. The token stands for the signature of the real address."""
        return f"{FILES}{self.operation_id}/{self.token}.jsonl"

    def work(self, now_ns: int) -> bool:
        """One slice. Whether the operation has ended."""
        if self.status == "CANCELING":
            return self._end("CANCELED", now_ns)
        self.status = "RUNNING"
        texts: list[bytes] = []
        size, more = 0, False
        try:
            for line, is_root in self._lines:
                texts.append(msgspec.json.encode(line) + b"\n")
                self.roots += is_root
                size += len(texts[-1])
                more = len(texts) == SLICE or size > SLICE_BYTES
                if more:
                    break
        except (BulkDenied, BulkFailed) as error:
            self.error = error.code
        self.objects += len(texts)
        self._parts.append(b"".join(texts))
        self._size += size
        if self._size > FILE_MAX:
            self.error = BulkFailed.code
        if self.error is not None:
            return self._end("FAILED", now_ns)
        return not more and self._end("COMPLETED", now_ns)

    def _end(self, status: BulkStatus, now_ns: int) -> bool:
        self.status, self.completed_ns = status, now_ns
        if status == "COMPLETED" and self.objects:
            self.file = b"".join(self._parts)
            self.shown.close()
        self._parts.clear()
        self._lines = iter(())
        if self.file is None:
            self.forget()
        return True

    def forget(self) -> None:
        """Without the file, and what it would show. A shop keeps many more operations than files."""
        self.file, self.shown = None, Shown()


class BulkDenied(Exception):
    """The app has no scope for a field of the query."""

    code = "ACCESS_DENIED"


class BulkFailed(Exception):
    """The query cannot be read to its end."""

    code = "INTERNAL_SERVER_ERROR"


class BulkOperations:
    """All operations of the app, oldest first. `prepare` reads a query, or says why it cannot run."""

    def __init__(self, prepare: Callable[[str, ApiVersion], Query | str]) -> None:
        self.prepare = prepare
        self.all: list[BulkOperation] = []
        self._started = 0

    @property
    def open(self) -> list[BulkOperation]:
        """Those that have not ended."""
        return [each for each in self.all if each.status in OPEN]

    def start(self, text: str, query: Query, now_ns: int) -> BulkOperation:
        """A new operation, of which nothing is done yet."""
        made = BulkOperation(FIRST_ID + self._started, text, query, now_ns)
        self._started += 1
        self.all.append(made)
        if len(self.all) > OPERATIONS_MAX:
            del self.all[0]
        return made

    def get(self, operation_id: int | None) -> BulkOperation | None:
        """An operation by its id."""
        return next((each for each in self.all if each.operation_id == operation_id), None)

    def work(self, now_ns: int) -> list[BulkOperation]:
        """A slice of each open operation. Those that have ended now."""
        ended = [each for each in self.open if each.work(now_ns)]
        kept = [each for each in self.all if each.file is not None]
        for each in kept[:-FILES_MAX]:
            each.forget()
        return ended

    def at(self, path: str) -> BulkOperation | None:
        """The operation whose file has this path."""
        return next((each for each in self.all if each.file is not None and each.path == path), None)
