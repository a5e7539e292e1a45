"""Generator: whether the load generator was punctual. If not, the speeds of the run are not the subject's.

Lateness is the time between when an attempt could have started (it was due and a connection was free) and when it did.
Too much lateness, or attempts that wait while every allowed connection is in use, makes verdicts on speed unknown. It
never makes anything invalid. Calls of the subject that held the generator up are named.
"""

from typing import Final

from stockstorm.reports.checkers.checker import Checker, Measure, quantile_measures
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, counted, unknown
from stockstorm.reports.statistics.quantiles import quantiles
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.limits import CALL_HELD_MIN_NS, SCHEDULER_LATENESS_P99_MAX_NS

HELD_SHOWN: Final = 5
OPERATION_SHOWN_MAX: Final = 80  # characters


class Generator(Checker):
    name = "generator"
    level = "acknowledgement"
    severity = "required"
    measures = (
        *quantile_measures(
            "generator.lateness_ms", "generator lateness", "the generator's own lateness", headline=("p99",)
        ),
        Measure(
            "generator.attempts", "attempts started", "count", "attempts that the generator started", more_is_worse=None
        ),
        Measure(
            "generator.resent",
            "attempts resent",
            "count",
            "attempts sent again because a kept connection had been closed",
            more_is_worse=None,
        ),
        Measure(
            "generator.pool_full_samples",
            "samples at the limit of connections",
            "count",
            "samples in which attempts waited and every allowed connection was in use",
        ),
        Measure(
            "generator.hub_gap_ms.max",
            "longest pause of the generator",
            "ms",
            "longest time in which the generator ran nothing",
        ),
        Measure(
            "generator.connections.max",
            "connections, most",
            "count",
            "most connections open at once",
            more_is_worse=None,
        ),
        Measure(
            "generator.waiting.max", "attempts waiting, most", "count", "most attempts that waited for a connection"
        ),
        Measure(
            "generator.journal_backlog.max", "journal backlog, most", "count", "most facts that waited to be written"
        ),
    )
    when_polling = ()

    def __call__(self, history: History) -> Check:
        attempts = [attempt for attempt in history.all(f.AttemptEnded) if attempt.started_ns]
        samples = history.all(f.GeneratorSampled)
        lateness = [max(0, attempt.started_ns - attempt.free_ns) / 1e6 for attempt in attempts]
        full = sum(sample.waiting_attempts > 0 and sample.connections >= sample.connections_max for sample in samples)
        measures = {
            **quantiles("generator.lateness_ms", lateness),
            "generator.attempts": float(len(attempts)),
            "generator.resent": float(sum(attempt.resent or attempt.error == "dropped" for attempt in attempts)),
            "generator.pool_full_samples": float(full),
        }
        if samples:
            measures["generator.hub_gap_ms.max"] = max(sample.hub_gap_max_ns for sample in samples) / 1e6
            measures["generator.connections.max"] = float(max(sample.connections for sample in samples))
            measures["generator.waiting.max"] = float(max(sample.waiting_attempts for sample in samples))
            measures["generator.journal_backlog.max"] = float(max(sample.journal_backlog for sample in samples))
        notes = held_up(history)
        if not attempts:
            return unknown(self.name, "no attempt was started", measures, notes)
        p99, limit_ms = measures["generator.lateness_ms.p99"], SCHEDULER_LATENESS_P99_MAX_NS / 1e6
        if p99 > limit_ms:
            late = f"it started attempts {p99:.1f} ms late (p99); the limit is {limit_ms:.0f} ms"
            return unknown(self.name, "; ".join((late, *notes[:1])), measures, notes)
        if full:
            reason = f"its limit of {samples[-1].connections_max:,} connections was reached while attempts waited"
            return unknown(self.name, "; ".join((reason, *notes[:1])), measures, notes)
        reason = f"{counted(len(attempts), 'attempt')} started within {p99:.1f} ms (p99) of when they could"
        return Check(self.name, "valid", reason, measures, notes=notes)

    def exposure(self, history: History) -> dict[str, int]:
        return {"attempts started": len(history.all(f.AttemptEnded))}


def held_up(history: History) -> tuple[str, ...]:
    """The calls that kept the generator busy for longest, worst first, at most HELD_SHOWN, and how many more."""
    held = sorted(history.all(f.GeneratorHeld), key=lambda call: -call.cpu_ns)
    notes = [_held_text(call, history.offset(call.started_ns)) for call in held[:HELD_SHOWN]]
    if (more := len(held) - len(notes)) > 0:
        notes.append(f"{counted(more, 'more call')} held the generator up for over {CALL_HELD_MIN_NS / 1e6:.0f} ms")
    return tuple(notes)


def _held_text(call: f.GeneratorHeld, at: str) -> str:
    api = "the Admin API" if call.api == "admin" else f"the API of {call.api}"
    operation = call.operation or "an unknown operation"
    shown = operation if len(operation) <= OPERATION_SHOWN_MAX else operation[:OPERATION_SHOWN_MAX] + "…"
    return f"the subject's call {shown} of {api} held the generator up for {call.cpu_ns / 1e6:,.0f} ms at {at}"
