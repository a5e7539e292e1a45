"""Literal runs to compare, with one sample a second. Every argument overrides one value."""

from collections.abc import Sequence
from typing import Any

import msgspec

from stockstorm.reports.compare.comparison import Key, Matrix, SubjectInfo
from stockstorm.reports.compare.run_summary import RunSummary
from stockstorm.reports.result import Check, Result, ThresholdOutcome
from stockstorm.scenarios.loader import recorded
from stockstorm.simulator.clock import SECOND_NS
from tests.unit.reports.literal import correct_checks, golden_result, run_started

SECONDS = 30
SUBJECTS = (
    SubjectInfo("polling", "D1", "polls", ("PostgreSQL", "worker"), "nothing", {"oversell": "between polls"}, "10 s"),
    SubjectInfo("webhook", "D2", "in the request", ("PostgreSQL", "receiver"), "nothing"),
    SubjectInfo("queue", "D3", "after a durable enqueue", ("PostgreSQL", "receiver", "worker"), "nothing"),
)  # fmt: skip


def matrix(*subjects: str, seeds: Sequence[int] = (1,), stocks: Sequence[int] = (0,)) -> Matrix:
    return Matrix(
        scenario="flash_sale",
        title="Flash sale",
        shows="Who oversells.",
        subjects=subjects,
        seeds=tuple(seeds),
        rates=(None,),
        safety_stocks=tuple(stocks),
        replay="stockstorm compare flash_sale",
    )


def result(checks: Sequence[Check] = (), thresholds: Sequence[ThresholdOutcome] = ()) -> Result:
    """A valid result, but for these checks and thresholds."""
    by_name = {check.name: check for check in (*correct_checks(), *checks)}
    return msgspec.structs.replace(
        golden_result(),
        verdict="valid",
        reasons=(),
        checks=tuple(by_name.values()),
        thresholds=tuple(thresholds),
        tiers=(),
    )


def run_summary(
    subject: str,
    ms: float | Sequence[float] = 100.0,
    *,
    seed: int = 1,
    stock: int = 0,
    oversold: float = 0.0,
    lost: float = 0.0,
    checks: Sequence[Check] = (),
    thresholds: Sequence[ThresholdOutcome] = (),
    busiest_per_s: float = 50.0,
    **started: Any,
) -> RunSummary:
    """A run whose changes, one a second, took `ms` each, or `ms` in turn."""
    values = [ms] * SECONDS if isinstance(ms, int | float) else list(ms)
    measures = {
        "oversell.units": oversold,
        "oversell.exposures": 20.0,
        "lost_units.units": lost,
        "refused.attempts": 1.0,
        "work.cores": 0.5,
        "work.cost_points": 1_000.0,
    }
    start = run_started(**started)
    return RunSummary(
        key=Key(subject, seed, None, stock),
        report=f"{subject}/run-{seed}/report.html",
        result=result(checks, thresholds),
        started=start,
        scenario=recorded(start.scenario),
        load_ns=SECONDS * SECOND_NS,
        sync=[(second * SECOND_NS, value) for second, value in enumerate(values)],
        acks=[(second * SECOND_NS, 5.0) for second in range(SECONDS)],
        busiest_per_s=busiest_per_s,
        measures=measures,
    )
