"""Stability: whether the subject stayed up. A process that ended, or nobody who answered, without a planned fault.

Such an event is the first cause of much that other checks find, so it is reported before them. It decides nothing by
itself: Stockstorm cannot know who ended a process (the subject, an operator, the kernel for want of memory), and what
the end did to stock and orders is judged by the other checks.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.history.faults import FaultInterval
from stockstorm.reports.result import Check, Incident, Tally, counted, exit_text
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import fault_label
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.history.attempt_errors import ATTEMPT_ERRORS, CUT_OFF, TURNED_AWAY
from stockstorm.simulator.history.last_words import telling

FAILURES_MIN: Final = 3  # attempts without an answer one after the other, before nobody is said to answer
SILENCE_MIN_NS: Final = 5 * SECOND_NS  # of attempts that were not refused: a busy service is slow, too
LINE_MAX: Final = 160  # characters of the line of its log, in the sentence


class Outage(msgspec.Struct, frozen=True):
    """From the first of several attempts without an answer to the next answer. `end_ns` None: none came any more."""

    begin_ns: int
    end_ns: int | None
    refused: int  # connections that could not be made
    silent: int  # attempts that nobody answered in time
    how: tuple[str, ...] = ()  # in which ways they were refused, most frequent first


class Stability(Checker):
    name = "stability"
    level = "acknowledgement"
    measures = (
        Measure(
            "stability.unplanned_ends",
            "unplanned ends of processes",
            "count",
            "processes of the subject that ended without a planned fault",
        ),
        Measure(
            "stability_s.unreachable",
            "time without any answer",
            "s",
            "seconds in which the subject answered no attempt, without a planned fault or an unplanned end",
        ),
    )

    def __call__(self, history: History) -> Check:
        tally = Tally()
        ends = history.all(f.ProcessEnded)
        for end in ends:
            tally.add(_ended(history, end))
        unreachable_ns = 0
        for outage in outages(history.all(f.AttemptEnded), history.end_ns):
            last_ns = history.end_ns if outage.end_ns is None else outage.end_ns
            if not _explained(outage.begin_ns, last_ns, history.fault_intervals):
                tally.add(_unreachable(history, outage))
                unreachable_ns += last_ns - outage.begin_ns
        measures = {
            "stability.unplanned_ends": float(len(ends)),
            "stability_s.unreachable": unreachable_ns / SECOND_NS,
        }
        if tally.total:
            reason = tally.kept[0].text if tally.total == 1 else f"{counted(tally.total, 'event')} that nobody planned"
            return tally.check(self.name, "unknown", reason, measures)
        if not history.facts:
            return tally.check(self.name, "unknown", "the history is empty", measures)
        return tally.check(self.name, "valid", _nothing(history), measures)

    def exposure(self, history: History) -> dict[str, int]:
        return {
            "attempts to deliver": len(history.all(f.AttemptEnded)),
            "processes watched": len({seen.process for seen in history.all(f.ProcessSeen)}),
        }


def outages(attempts: Iterable[f.AttemptEnded], end_ns: int) -> Iterator[Outage]:
    """Every time in which nobody answered: connections were turned away, or attempts failed for SILENCE_MIN_NS.

    Who closes a connection, or answers something else than HTTP, is there.
    """
    begin_ns, failed = 0, Counter[f.AttemptError]()
    for attempt in attempts:
        if attempt.error in CUT_OFF:
            continue
        if attempt.status:
            if failed:
                yield from _outage(begin_ns, attempt.at_ns, failed)
                failed.clear()
            continue
        if not failed:
            begin_ns = attempt.started_ns or attempt.at_ns
        failed[attempt.error] += 1
    if failed:
        yield from _outage(begin_ns, None, failed, end_ns)


def _outage(begin_ns: int, end_ns: int | None, failed: Counter[f.AttemptError], last_ns: int = 0) -> Iterator[Outage]:
    away = [error for error, _ in failed.most_common() if error in TURNED_AWAY]
    refused = sum(failed[error] for error in away)
    silent = failed.total() - refused
    if _is_outage(begin_ns, last_ns if end_ns is None else end_ns, refused, silent):
        yield Outage(begin_ns, end_ns, refused, silent, tuple(ATTEMPT_ERRORS[error] for error in away))


def _is_outage(begin_ns: int, end_ns: int, refused: int, silent: int) -> bool:
    return refused >= FAILURES_MIN or (refused + silent >= FAILURES_MIN and end_ns - begin_ns >= SILENCE_MIN_NS)


def _explained(begin_ns: int, end_ns: int, intervals: Iterable[FaultInterval]) -> bool:
    """Whether a fault, or a process that ended by itself, overlaps that time."""
    return any(interval.begin_ns <= end_ns and begin_ns <= interval.end_ns for interval in intervals)


def _ended(history: History, end: f.ProcessEnded) -> Incident:
    during = next(
        (
            f"while a planned fault was open ({fault_label(fault.fault)})"
            for fault in history.fault_intervals
            if fault.planned and fault.begin_ns <= end.at_ns <= fault.end_ns
        ),
        "nobody planned it",
    )
    last = telling(end.lines)[:LINE_MAX]
    said = f"; its log ends with: {last}" if last else "; its log is empty"
    text = f"{end.process} ended {exit_text(end.exit_code)} at {history.offset(end.at_ns)}, {during}{said}"
    details = {"process": str(end.pid), "last log lines": "\n".join(end.lines)}
    return Incident("process_ended", end.at_ns, text, details=details)


def _unreachable(history: History, outage: Outage) -> Incident:
    until = "the end of the run" if outage.end_ns is None else history.offset(outage.end_ns)
    failed = [
        (outage.refused, "attempt", f"without a connection ({', '.join(outage.how)})"),
        (outage.silent, "attempt", "without an answer"),
    ]
    how = ", ".join(f"{counted(count, word)} {what}" for count, word, what in failed if count)
    text = (
        f"nobody answered at the subject's address from {history.offset(outage.begin_ns)} to {until}, "
        f"and nobody planned it: {how}"
    )
    return Incident("unreachable", outage.begin_ns, text)


def _nothing(history: History) -> str:
    attempts = len(history.all(f.AttemptEnded))
    reached = f"it answered throughout {counted(attempts, 'attempt')}" if attempts else "nothing was delivered to it"
    if "://" in history.started.subject:
        return f"{reached}; Stockstorm did not start it, and knows nothing of its processes"
    return f"no process of it ended unplanned, and {reached}, planned faults aside"
