"""A service's own view of stock and orders, read every so often in a thread of its own. Facts hold what changed.

A read that fails is a fact too. What is read is bounded: time, bytes and rows.
"""

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from stockstorm.loadtests.limits import OWN_ANSWER_S, OWN_ROWS_MAX, PROBE_ANSWER_MAX_BYTES, PROBE_ANSWER_S
from stockstorm.loadtests.subjects.asking import Client, body_of
from stockstorm.loadtests.subjects.own.file import HttpRead, Reads, SqlRead
from stockstorm.loadtests.subjects.own.queries import compiled
from stockstorm.loadtests.subjects.own.values import filled
from stockstorm.reports.result import printable
from stockstorm.simulator.history.facts import AnyFact, OwnViewRead
from stockstorm.simulator.history.ranges import Balance, Count, Name

WHY_MAX: Final = 300  # characters of a reason


class _Row(msgspec.Struct, frozen=True):
    sku: Name | Count
    available: Balance


class View(msgspec.Struct, frozen=True):
    """What one read found. `orders` None: they are not read."""

    stock: dict[str, int]
    orders: int | None


Read = Callable[[], View]


class OwnView:
    """Reads from `start` to `stop`. `drain` gives the facts since the last call, `final` those of one more read."""

    def __init__(self, reads: list[Read], every_s: float, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._reads, self._every_s, self._clock = reads, every_s, clock
        self._known: dict[str, int] = {}
        self._facts: list[AnyFact] = []
        self._lock = threading.Lock()  # of the facts, and of a read
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="own view", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()

    def drain(self) -> list[AnyFact]:
        facts, self._facts = self._facts, []
        return facts

    def final(self) -> Iterator[AnyFact]:
        """The facts that are left, and a last read of everything, at rest."""
        self.stop()
        self._thread.join(PROBE_ANSWER_S)
        yield from self.drain()
        if self._thread.is_alive():
            now_ns = self._clock()
            yield OwnViewRead(
                now_ns, now_ns, reason=f"the last read did not end within {PROBE_ANSWER_S:g} s", final=True
            )
            return
        self._known = {}
        yield self._read(final=True)

    def _run(self) -> None:
        due_s = time.monotonic()
        while not self._ended.is_set():
            self._facts.append(self._read())
            due_s = max(due_s + self._every_s, time.monotonic())
            self._ended.wait(due_s - time.monotonic())

    def _read(self, *, final: bool = False) -> OwnViewRead:
        began_ns = self._clock()
        try:
            found = [read() for read in self._reads]
        except Exception as error:  # noqa: BLE001 - of libraries and drivers that a user chose
            why = printable(f"{type(error).__name__}: {error}")[:WHY_MAX]
            return OwnViewRead(self._clock(), began_ns, reason=why, final=final)
        stock = {sku: units for view in found for sku, units in view.stock.items()}
        changed = {sku: units for sku, units in stock.items() if self._known.get(sku) != units}
        self._known |= changed
        orders = [view.orders for view in found if view.orders is not None]
        return OwnViewRead(
            self._clock(), began_ns, tuple(changed), tuple(changed.values()), sum(orders) if orders else -1, "", final
        )


def make_view(
    reads: Reads, ports: Mapping[str, str], environment: Mapping[str, str], verify: ssl.SSLContext | bool
) -> OwnView:
    """The view that a subject file asks for."""
    made: list[Read] = [_http(read, filled(read.url, ports), verify) for read in reads.http]
    if reads.sql is not None:
        made.append(_sql(reads.sql, environment.get(reads.sql.url, "")))
    return OwnView(made, reads.every_s)


def _http(read: HttpRead, url: str, verify: ssl.SSLContext | bool) -> Read:
    stock = compiled(read.stock) if read.stock else None
    orders = compiled(read.orders) if read.orders else None
    client = Client(OWN_ANSWER_S, verify=verify if url.startswith("https:") else False)

    def look() -> View:
        answer = msgspec.json.decode(_body(client, url))
        rows = _rows(stock.search(answer)) if stock is not None else {}
        return View(rows, msgspec.convert(orders.search(answer), Count) if orders is not None else None)

    return look


def _body(client: Client, url: str) -> bytes:
    with client.stream("GET", url) as answer:
        answer.raise_for_status()
        return body_of(answer, PROBE_ANSWER_MAX_BYTES)


def _sql(read: SqlRead, url: str) -> Read:
    from sqlalchemy import create_engine, text  # noqa: PLC0415 - an extra

    engine = create_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=True)

    def look() -> View:
        with engine.connect() as connection:
            rows: list[Any] = []
            if read.stock:
                found = connection.execute(text(read.stock)).mappings().fetchmany(OWN_ROWS_MAX + 1)
                rows = [{"sku": row["sku"], "available": int(row["available"])} for row in found]
            orders = int(connection.execute(text(read.orders)).scalar_one()) if read.orders else None
            return View(_rows(rows), orders)

    return look


def _rows(found: object) -> dict[str, int]:
    """Units by SKU. Rows of one SKU, for example of several locations, add up. Raises ValueError."""
    rows = msgspec.convert(found, list[_Row], strict=False)
    if len(rows) > OWN_ROWS_MAX:
        raise ValueError(f"more than {OWN_ROWS_MAX:,} rows")
    stock: dict[str, int] = {}
    for row in rows:
        stock[str(row.sku)] = stock.get(str(row.sku), 0) + row.available
    return stock
