"""What holds between the times of a history: one clock stamps everything, and facts are written when they occur."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress, pairwise
from operator import attrgetter
from typing import Final

from stockstorm.reports.history.breach import Breach
from stockstorm.reports.history.log import FactLog, kind_of
from stockstorm.simulator.history import facts as f

EARLY_MAX_NS: Final = 3_600 * 1_000_000_000  # an hour; a run is set up in less
Kind = type[f.Fact]

# The times of these kinds never run backwards in a file: one clock stamps them when they are written.
IN_ORDER: Final[frozenset[Kind]] = frozenset(
    {
        f.ItemStocked, f.ChannelOpened, f.PhaseStarted, f.PurchaseAccepted, f.PurchaseRefused, f.FollowUpVoid,
        f.OrderPaid, f.OrderCancelled, f.OrderReturned, f.OrderWritten, f.StockChanged, f.StockUnmoved,
        f.ListingPushed, f.EventFired, f.EventUnheard, f.DeliveryWithheld,
        f.DeliveryPlanned, f.ApiCalled, f.CallGivenUp, f.RowsNotListed, f.StockShown,
        f.OrdersShown, f.FinalStock, f.FinalListing,
    }
)  # fmt: skip

# What the plan does cannot precede the start of the load.
PLANNED: Final[tuple[Kind, ...]] = (
    f.PhaseStarted, f.PurchaseAccepted, f.PurchaseRefused, f.FollowUpVoid, f.OrderPaid, f.OrderCancelled,
    f.OrderReturned,
)  # fmt: skip

_AT: Final = attrgetter("at_ns")


class FileOrder:
    """Whether the times of a file never run backwards where they must not, asked block by block.

    Facts that were just decoded are looked at several times faster than those of a whole file. `whole`: they run
    backwards nowhere, of no kind.
    """

    def __init__(self, kinds: Iterable[Kind] = IN_ORDER) -> None:
        self.holds = self.whole = True
        self._kinds, self._last_ns, self._newest_ns = set(kinds), 0, -math.inf

    def also(self, variants: Mapping[Kind, Kind]) -> None:
        """Facts of these kinds come as others from now on."""
        self._kinds |= {variant for kind, variant in variants.items() if kind in self._kinds}

    def add(self, facts: Sequence[f.Fact]) -> None:
        """The next facts of the file."""
        kinds = self._kinds
        if self.whole and facts:
            every = list(map(_AT, facts))
            self.whole, self._newest_ns = self._newest_ns <= every[0] and every == sorted(every), every[-1]
        if not kinds:
            return
        if self.whole:  # then those of these kinds are in order too
            newest = next((fact for fact in reversed(facts) if type(fact) in kinds), None)
            self._last_ns = self._last_ns if newest is None else newest.at_ns
            return
        times = [fact.at_ns for fact in facts if type(fact) in kinds]
        if times:
            self.holds = self.holds and self._last_ns <= times[0] and times == sorted(times)
            self._last_ns = times[-1]


def out_of_the_run(log: FactLog) -> Iterator[Breach]:
    """Facts before the set-up, after the end, and planned ones before the start. `log` is in order of time."""
    if not log.facts:
        return
    first, last, start_ns = log.facts[0], log.facts[-1], log.start_ns
    if first.at_ns < start_ns - EARLY_MAX_NS:
        yield Breach(first, "at_ns", f"{first.at_ns}, more than an hour before the start of load at {start_ns}")
    end = log.last(f.RunEnded)
    if end is not None and last.at_ns > max(end.at_ns, start_ns):  # the start is announced ahead of its time
        yield Breach(last, "at_ns", f"{last.at_ns}, after the end of the run at {end.at_ns}")
    for kind in PLANNED:
        if (fact := log.first(kind)) is not None and fact.at_ns < start_ns:
            yield Breach(fact, "at_ns", f"{fact.at_ns}, before the start of load at {start_ns}")


def backwards(written: Sequence[f.Fact]) -> Iterator[Breach]:
    """A fact before the one that precedes it in the file. `written`: in the order of the file."""
    ordered = list(compress(written, map(IN_ORDER.__contains__, map(kind_of, map(type, written)))))
    times = list(map(_AT, ordered))
    if times == sorted(times):
        return
    at = next(at for at, (one, two) in enumerate(pairwise(times), 1) if two < one)
    # Which of the two is out of line shows in what precedes them.
    wrong = at - 1 if at >= 2 and times[at - 2] <= times[at] else at
    near = times[at] if wrong != at else times[at - 1]
    yield Breach(ordered[wrong], "at_ns", f"{times[wrong]}, beside a fact of {near}; times never run backwards here")


def disordered_attempts(log: FactLog) -> Iterator[Breach]:
    """An attempt's steps follow one another; 0 is a step that was not reached."""
    for each in log.all(f.AttemptEnded):
        if each.due_ns <= each.free_ns <= each.started_ns <= each.sent_ns <= each.answered_ns <= each.at_ns:
            continue
        steps = ("due_ns", "free_ns", "started_ns", "sent_ns", "answered_ns", "at_ns")
        reached = [(name, time) for name in steps if (time := getattr(each, name))]
        for (before, early), (name, late) in pairwise(reached):
            if late < early:
                yield Breach(each, name, f"{late}, before {before} {early}")


def disordered_calls(log: FactLog) -> Iterator[Breach]:
    """A call begins before it is executed."""
    for call in log.all(f.ApiCalled):
        if call.started_ns > call.at_ns:
            yield Breach(call, "started_ns", f"{call.started_ns}, after at_ns {call.at_ns}")
