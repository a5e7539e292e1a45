"""What the second process does: it reads the half with the deliveries, and builds whatever rests on that half alone.

Each value is handed over as soon as it is there. One that needs facts of the other half is left to the first process,
which is told so at once and builds it itself. So nobody has to declare where a checker or a figure belongs. Questions,
and what the first process hands over, come between two values.
"""

import gc
import os
import pickle
import queue
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from stockstorm.reports.checkers import CHECKERS, check_key, check_one
from stockstorm.reports.diagnosis import WHERE_HELD, diagnose_where_held
from stockstorm.reports.halves.kinds import CHECKED_BY_SECOND, STAND_INS, STOCK, Kind, stand_ins_of
from stockstorm.reports.history import History
from stockstorm.reports.history.channel_orders import ChannelOrders
from stockstorm.reports.history.deliveries import OF_EVENTS, OF_NUMBER
from stockstorm.reports.history.elsewhere import NotGiven, NotHeld, Nowhere
from stockstorm.reports.history.invariants import breaks_in_half
from stockstorm.reports.history.sync_pairs import SyncSamples
from stockstorm.reports.history_file import Decoding, read_facts
from stockstorm.reports.render.figures import FIGURES, draw_one, figure_key
from stockstorm.reports.render.view import HistoryView
from stockstorm.reports.verdict.samples import ACK_INTERVALS, INTERVALS, SYNC_INTERVALS
from stockstorm.simulator.errors import HistoryError

Frame = tuple[str, Any]  # a name, and the value of that name; None: this process cannot build it
Question = tuple[str, Any]  # what is asked, and about what
READ: Final = "read"  # the names that follow; None where this half cannot be read, or a rule on it is broken
END: Final = "end"  # nothing follows, unless more is given; with the number of times that something was
ANSWER: Final = "answer"
GIVEN: Final = "given"
BOTH_HALVES: Final = frozenset(  # they begin with much that this half has, and then need the other one
    {check_key("oversell"), check_key("unheard"), check_key("crisis_time"), "figure hot_stock"}
)
QUEUED_MAX: Final = 64  # frames


class Absent(Nowhere):
    """Stock, which the first process has."""

    kinds: Mapping[Kind, Kind | None] = dict.fromkeys(STOCK)


class HalfHistory(History):
    """The half with the deliveries. What rests on the master's record is told at once to be missing."""

    @property
    def orders(self) -> ChannelOrders:
        raise NotHeld("orders")

    @cached_property  # so that what is given takes its place
    def sync_samples(self) -> SyncSamples:
        raise NotGiven("sync_samples")

    @cached_property
    def sync_samples_with_moot(self) -> SyncSamples:
        raise NotGiven("sync_samples_with_moot")


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
    """This half of the history, and what was handed over from the other one. `names`: of what is built here."""

    def __init__(self, history: History) -> None:
        self.history, self._view = history, HistoryView(history)
        self._left = {name: build for name, build in self._named() if name not in BOTH_HALVES}
        self._waiting = set[str]()  # names of values that need what is not given yet
        self.gifts = 0  # number of times something was given

    @property
    def names(self) -> tuple[str, ...]:
        """The values that are not handed over yet, in the order in which the first process wants them."""
        return tuple(self._left)

    def next(self) -> Frame | None:
        """The next value. None where each that is left waits for something to be given."""
        for name, build in self._left.items():
            if name not in self._waiting:
                try:
                    value = build()
                except NotGiven:
                    self._waiting.add(name)
                    continue
                except NotHeld:
                    value = None
                del self._left[name]
                return name, value
        return None

    def given(self, values: Mapping[str, Any]) -> None:
        """What the first process handed over."""
        self.history.__dict__.update(values)
        self._waiting.clear()
        self.gifts += 1

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
        yield SYNC_INTERVALS, partial(INTERVALS[SYNC_INTERVALS], history)
        for checker in CHECKERS:
            yield check_key(checker.name), partial(check_one, checker, history)
        yield ACK_INTERVALS, partial(INTERVALS[ACK_INTERVALS], history)
        for name in ("forged", "hottest_sku", "failures", "webhooks_open", "answers_a_bin"):
            yield getattr(HistoryView, name).shared_name, partial(getattr, view, name)
        for maker in FIGURES:
            yield figure_key(maker), partial(draw_one, maker, view)


def answers(history: History) -> Mapping[str, Callable[[Any], Any]]:
    """The questions that this half answers."""
    deliveries = history.deliveries
    return {
        OF_EVENTS: lambda events: {event: deliveries.by_event.get(event, ()) for event in events},
        WHERE_HELD: lambda checks: diagnose_where_held(history, checks),
        OF_NUMBER: lambda number: [deliveries.by_id[number]] if number in deliveries.by_id else [],
    }


def frames(file: Path, questions: "queue.Queue[Question]") -> Iterator[Frame]:
    """Everything that this half gives, and answers to questions, without end."""
    history = read_half(file)
    half = Half(history) if history is not None else None
    yield READ, half and half.names
    if history is None or half is None:
        return
    found, ended = answers(history), False
    while True:
        asked = _asked(questions, wait=ended)
        if asked is None:
            frame = half.next()
            ended = frame is None
            yield frame or (END, half.gifts)
        elif asked[0] == GIVEN:
            half.given(asked[1])
            ended = False
        else:
            yield ANSWER, found[asked[0]](asked[1])


def _asked(questions: "queue.Queue[Question]", *, wait: bool) -> Question | None:
    try:
        return questions.get(block=wait)
    except queue.Empty:
        return None


def serve(file: Path, asked: BinaryIO, told: BinaryIO) -> None:
    """Hands everything over, and ends with the first process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process decides when this one ends
    gc.disable()
    questions: queue.Queue[Question] = queue.Queue(QUEUED_MAX)
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


def _listen(asked: BinaryIO, questions: "queue.Queue[Question]") -> None:
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
