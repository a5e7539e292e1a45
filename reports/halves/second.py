"""What the second process does: it reads the half with the deliveries, and builds whatever rests on that half alone.

Each value is handed over as soon as it is there. One that needs facts of the other half is left to the first process,
which then builds it itself. So nobody has to declare where a checker or a figure belongs.
"""

import gc
import os
import pickle
import queue
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from stockstorm.reports.checkers import CHECKERS, check_key, check_one
from stockstorm.reports.diagnosis import WHERE_HELD, diagnose_where_held
from stockstorm.reports.halves.kinds import CHECKED_BY_SECOND, STAND_INS, STOCK, Kind, stand_ins_of
from stockstorm.reports.history import History
from stockstorm.reports.history.channel_orders import ChannelOrders
from stockstorm.reports.history.deliveries import OF_EVENT, OF_NUMBER
from stockstorm.reports.history.elsewhere import NotHeld, Nowhere
from stockstorm.reports.history.invariants import breaks_in_half
from stockstorm.reports.history_file import Decoding, read_facts
from stockstorm.reports.render.figures import FIGURES, draw_one, figure_key
from stockstorm.reports.render.view import HistoryView
from stockstorm.reports.verdict.samples import INTERVALS, intervals
from stockstorm.simulator.errors import HistoryError

Frame = tuple[str, Any]  # a name, and the value of that name
READ: Final = "read"  # whether this half was read, and no rule on it is broken
END: Final = "end"  # of the values
ANSWER: Final = "answer"
GIVEN: Final = "given"
BOTH_HALVES: Final = frozenset({"oversell"})  # begins with much that this half has, and then needs the other one
QUEUED_MAX: Final = 64  # frames


class Absent(Nowhere):
    """Stock, which the first process has."""

    kinds: Mapping[Kind, Kind | None] = dict.fromkeys(STOCK)


class HalfHistory(History):
    """The half with the deliveries. What rests on the master's record is told at once to be missing."""

    @property
    def orders(self) -> ChannelOrders:
        raise NotHeld("orders")


def read_half(file: Path) -> History | None:
    """The half with the deliveries; None where it cannot be read, or a rule on it is broken."""
    dropped = frozenset(STAND_INS[kind] for kind in STOCK)
    try:
        # The order of time is looked at by the first process, which knows the time of every fact.
        how = Decoding(stand_ins_of(STOCK), in_order=frozenset(), dropped=dropped)
        written = read_facts(file, decoding=how)
    except (HistoryError, OSError):
        return None  # the first process reads the file as a whole, and tells what is wrong
    history = HalfHistory.of(written.facts, Absent(), ordered=written.sorted)
    return None if breaks_in_half(history, CHECKED_BY_SECOND, "deliveries") else history


class Half:
    """This half of the history, and what was handed over from the other one."""

    def __init__(self, history: History) -> None:
        self.history, self._view, self._done = history, HistoryView(history), set[str]()

    def values(self) -> Iterator[Frame]:
        """What can be built now and was not before, in the order in which the first process wants it."""
        for name, build in self._named():
            if name not in self._done:
                try:
                    value = build()
                except NotHeld:
                    continue
                self._done.add(name)
                yield name, value

    def given(self, values: Mapping[str, Any]) -> None:
        """What the first process handed over."""
        self.history.__dict__.update(values)

    def _named(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        history, deliveries, view = self.history, self.history.deliveries, self._view
        first: tuple[tuple[object, tuple[str, ...]], ...] = (
            (deliveries, ("first_attempt_ns",)),
            (
                history,
                (
                    "rest",
                    "reported",
                    "sell_outs",
                    "repeats",
                    "overtaking",
                    "removals",
                    "probed_twice",
                    "probed_strangers",
                ),
            ),
            (deliveries, ("forged", "poison", "any_pending", "stock_fates")),
        )
        for of, names in first:
            yield from ((getattr(type(of), name).shared_name, partial(getattr, of, name)) for name in names)
        yield History.acks.shared_name, lambda: history.acks
        for checker in CHECKERS:
            if checker.name not in BOTH_HALVES:
                yield check_key(checker.name), partial(check_one, checker, history)
        yield INTERVALS, lambda: intervals(history)
        for name in ("forged", "hottest_sku", "failures", "webhooks_open", "answers_a_bin"):
            yield getattr(HistoryView, name).shared_name, partial(getattr, view, name)
        for maker in FIGURES:
            yield figure_key(maker), partial(draw_one, maker, view)


def answers(history: History) -> Mapping[str, Callable[[Any], Any]]:
    """The questions that this half answers."""
    deliveries = history.deliveries
    return {
        OF_EVENT: lambda event: deliveries.by_event.get(event, ()),
        WHERE_HELD: lambda checks: diagnose_where_held(history, checks),
        OF_NUMBER: lambda number: [deliveries.by_id[number]] if number in deliveries.by_id else [],
    }


def frames(file: Path, questions: "queue.Queue[tuple[str, Any]]") -> Iterator[Frame]:
    """Everything that this half gives, then the answers to questions, without end."""
    history = read_half(file)
    yield READ, history is not None
    if history is None:
        return
    half = Half(history)
    found = answers(history)
    yield from half.values()
    yield END, None
    while True:
        question, about = questions.get()
        if question == GIVEN:
            half.given(about)
            yield from half.values()
            yield END, None
        else:
            yield ANSWER, found[question](about)


def serve(file: Path, asked: BinaryIO, told: BinaryIO) -> None:
    """Hands everything over, and ends with the first process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process decides when this one ends
    gc.disable()
    questions: queue.Queue[tuple[str, Any]] = queue.Queue(QUEUED_MAX)
    waiting: queue.Queue[bytes] = queue.Queue(QUEUED_MAX)
    threading.Thread(target=_listen, args=(asked, questions), daemon=True).start()
    threading.Thread(target=_write, args=(waiting, told), daemon=True).start()
    try:
        for frame in frames(file, questions):
            waiting.put(pickle.dumps(frame, pickle.HIGHEST_PROTOCOL))
        waiting.join()
    except BaseException:  # noqa: BLE001  # told, and then the process ends in any case
        traceback.print_exc()
        os._exit(1)
    os._exit(0)  # the interpreter cannot end by itself while a thread waits for input: it would abort


def _listen(asked: BinaryIO, questions: "queue.Queue[tuple[str, Any]]") -> None:
    try:
        while True:
            questions.put(pickle.load(asked))  # noqa: S301 - what the process wrote that started this one
    finally:
        os._exit(0)  # the first process has ended, or has all that it wants


def _write(waiting: "queue.Queue[bytes]", told: BinaryIO) -> None:
    try:
        while True:
            told.write(waiting.get())
            told.flush()
            waiting.task_done()
    finally:
        os._exit(0)
