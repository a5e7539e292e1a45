"""Generator: whether the load generator was punctual. If not, the speeds of the run are not the subject's.

Lateness is the time between when an attempt could have started (it was due and a connection was free) and when it did.
Too much lateness, or attempts that wait while every allowed connection is in use, makes verdicts on speed unknown. It
never makes anything invalid.
"""

from stockstorm.reports.checkers.checker import Checker, Measure, quantile_measures
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, counted, unknown
from stockstorm.reports.statistics.quantiles import quantiles
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.limits import SCHEDULER_LATENESS_P99_MAX_NS


class Generator(Checker):
    name = "generator"
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
            "generator.resent": float(sum(attempt.resent for attempt in attempts)),
            "generator.pool_full_samples": float(full),
        }
        if samples:
            measures["generator.hub_gap_ms.max"] = max(sample.hub_gap_max_ns for sample in samples) / 1e6
            measures["generator.connections.max"] = float(max(sample.connections for sample in samples))
            measures["generator.waiting.max"] = float(max(sample.waiting_attempts for sample in samples))
            measures["generator.journal_backlog.max"] = float(max(sample.journal_backlog for sample in samples))
        if not attempts:
            return unknown(self.name, "no attempt was started", measures)
        p99, limit_ms = measures["generator.lateness_ms.p99"], SCHEDULER_LATENESS_P99_MAX_NS / 1e6
        if p99 > limit_ms:
            return unknown(
                self.name, f"it started attempts {p99:.1f} ms late (p99); the limit is {limit_ms:.0f} ms", measures
            )
        if full:
            reason = f"its limit of {samples[-1].connections_max:,} connections was reached while attempts waited"
            return unknown(self.name, reason, measures)
        reason = f"{counted(len(attempts), 'attempt')} started within {p99:.1f} ms (p99) of when they could"
        return Check(self.name, "valid", reason, measures)
