"""The traits of orders that the subject read by API: whether, and what happened just after."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.traits import Trait
from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.reports.history.reads import writes_stock
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.history import facts as f

HELD_NS: Final = 100 * MILLISECOND_NS  # a call that was held until a process had ended is recorded just after that
BEFORE_END_NS: Final = (500 * MILLISECOND_NS, SECOND_NS, 2 * SECOND_NS)


class OrderReads:
    """When answers showed each order first and last, when the subject tried to write, and when it ended."""

    def __init__(self, case: Case) -> None:
        self._first: dict[int, int] = {}
        self._last: dict[int, int] = {}
        for told in case.history.all(f.OrdersShown):
            for order in told.orders:
                self._first.setdefault(order, told.at_ns)
                self._last[order] = told.at_ns
        self._ends = sorted(at_ns for at_ns, _ in case.process_ends)
        writes = [call for call in case.calls if writes_stock(call.operation)]
        self._writes = sorted(call.at_ns for call in writes)
        self._held = sorted(call.at_ns for call in writes if call.injected == "dropped")

    def of(self, order: int, arrived_ns: int) -> set[Trait]:
        """The traits of an event of an order that was first tried at this time; -1 if it was not."""
        if order not in self._first:
            return set()
        found = {Trait("read")}
        if self._first[order] < arrived_ns:
            found.add(Trait("read_before"))
        before_ns = self._before_end(self._last[order])
        return found | {Trait("read_end", f"{size / SECOND_NS:g} s") for size in BEFORE_END_NS if before_ns < size}

    def _before_end(self, read_ns: int) -> int:
        """How long after a read a process ended, if the subject tried no write between."""
        end_ns = _next(self._ends, read_ns)
        tried_ns = min(_next(self._writes, read_ns), _next(self._held, read_ns) - HELD_NS)
        return end_ns - read_ns if tried_ns > end_ns else NEVER_NS


def _next(times: Sequence[int], after_ns: int) -> int:
    """The first of sorted times that is later."""
    place = bisect_right(times, after_ns)
    return times[place] if place < len(times) else NEVER_NS
