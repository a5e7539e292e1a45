"""From run summaries to a `Comparison`. Pure, so that a stored comparison can be made again from its histories."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final

import msgspec

from stockstorm.reports.checkers.sync_latency import owed, with_moot
from stockstorm.reports.compare.comparison import (
    DIFFERED,
    LOST,
    OVERSOLD,
    P95,
    Comparison,
    Entry,
    FailedRun,
    Matrix,
    RateComparison,
    Run,
    SubjectInfo,
)
from stockstorm.reports.compare.guarantees import correctness, judge_guarantees, over_ceiling, worst_checks
from stockstorm.reports.compare.guide_claims import claims
from stockstorm.reports.compare.headline import findings, headline
from stockstorm.reports.compare.ranking import by_seed, mean_interval, paired_difference, ranked
from stockstorm.reports.compare.run_summary import RunSummary, curve, intervals, pooled
from stockstorm.reports.result import Interval, TierOutcome, Verdict, verb
from stockstorm.reports.verdict.tiers import LIMITS_MS, basis, judge_tiers, judged_measure

# Measures that are means per run, over seeds.
COUNTED: Final[tuple[str, ...]] = (
    "oversell.incidents",
    OVERSOLD,
    "oversell.value",
    LOST,
    "lost_units.value",
    "refused.attempts",
    "crisis_time_s.total",
    "work.cores",
    "work.admin_calls",
    "work.channel_calls",
    "work.cost_points",
    "work.statements",
    "work.transactions",
    "work.rows_written",
)

Floors = Mapping[float | None, Sequence[tuple[float, float]]]  # rate -> (sync latency ms, unavoidable oversold units)


def compare(
    matrix: Matrix,
    subjects: Sequence[SubjectInfo],
    runs: Sequence[RunSummary],
    failed: Sequence[FailedRun],
    floors: Floors,
) -> Comparison:
    """Everything that is reported. `runs` and `failed` need not cover the whole matrix."""
    by_rate = tuple(_at_rate(matrix, subjects, rate, runs, failed, floors.get(rate, ())) for rate in matrix.rates)
    cells = len(matrix.subjects) * len(matrix.seeds) * len(matrix.rates) * len(matrix.safety_stocks)
    starts = [run.started for run in runs]
    return Comparison(
        matrix=matrix,
        base=matrix.label(matrix.subjects[0], matrix.safety_stocks[0]),
        verdict=combined([entry.verdict for at_rate in by_rate for entry in at_rate.entries]),
        complete=len(runs) == cells,
        by_rate=by_rate,
        currency=runs[0].scenario.shop.currency if runs else "",
        commit=starts[0].commit if starts else "",
        machine=starts[0].machine if starts else {},
        notes=_notes(runs),
    )


def combined(verdicts: Sequence[Verdict]) -> Verdict:
    """Invalid if any is; else unknown if any is or there is none."""
    if "invalid" in verdicts:
        return "invalid"
    return "unknown" if "unknown" in verdicts or not verdicts else "valid"


def _notes(runs: Sequence[RunSummary]) -> tuple[str, ...]:
    notes = [f"sync latency is {basis(judged_measure(run.scenario))}" for run in runs[:1]]
    return tuple(dict.fromkeys([*notes, *(note for run in runs for note in run.started.notes)]))


def _at_rate(
    matrix: Matrix,
    subjects: Sequence[SubjectInfo],
    rate: float | None,
    runs: Sequence[RunSummary],
    failed: Sequence[FailedRun],
    floor: Sequence[tuple[float, float]],
) -> RateComparison:
    runs = [run for run in runs if run.key.rate == rate]
    failed = [run for run in failed if run.key.rate == rate]
    known = {subject.name: subject for subject in subjects}
    entries = []
    for name in matrix.subjects:
        for stock in matrix.safety_stocks:
            cell = (name, stock)
            own = [run for run in runs if (run.key.subject, run.key.safety_stock) == cell]
            own_failed = [run for run in failed if (run.key.subject, run.key.safety_stock) == cell]
            subject = known.get(name, SubjectInfo(name))
            entries.append(_entry(matrix.label(name, stock), subject, stock, own, own_failed, matrix))
    seeds = len(matrix.seeds)
    ordered = ranked([_with_differences(entry, entries[0]) for entry in entries], seeds)
    at_rate = RateComparison(
        rate=rate,
        plans={run.key.seed: run.result.plan_digest for run in sorted(runs, key=lambda run: run.key.seed)},
        load_s=max((run.load_ns for run in runs), default=0) / 1e9,
        entries=ordered,
        headline=headline(ordered, seeds),
        findings=findings(ordered, seeds),
        claims=(),
        floor=tuple(floor),
    )
    return msgspec.structs.replace(at_rate, claims=claims(at_rate))


def _entry(
    label: str,
    subject: SubjectInfo,
    stock: int,
    runs: Sequence[RunSummary],
    failed: Sequence[FailedRun],
    matrix: Matrix,
) -> Entry:
    runs = sorted(runs, key=lambda run: run.key.seed)
    syncs = pooled([(run.load_ns, run.sync) for run in runs])
    checks = worst_checks([run.result for run in runs], subject.cannot)
    ceiling = next((found for run in runs if (found := over_ceiling(run.busiest_per_s, run.started.ceilings))), "")
    verdict, reasons, excused = _verdict(subject, runs, ceiling, len(matrix.seeds))
    measures = _measures(runs, matrix.seeds[0])
    exposures = int(sum(run.measures.get("oversell.exposures", 0.0) for run in runs))
    none_seen = bool(exposures) and not any(run.measures.get(OVERSOLD) for run in runs)
    return Entry(
        label=label,
        subject=subject,
        safety_stock=stock,
        rank=None,
        verdict=verdict,
        correct="unknown" if ceiling or not runs else correctness(checks),
        over_ceiling=ceiling,
        reasons=reasons + tuple(f"seed {one.key.seed}: {one.error}" for one in failed),
        excused=excused,
        tiers=_tiers(runs, subject, measures, ceiling),
        measures=measures,
        differences={},
        cores=_cores(runs),
        exposures=exposures,
        bound_per_exposure=min(1.0, 3 / exposures) if none_seen else None,
        owed=len(syncs),
        never=sum(value == float("inf") for _, value in syncs),
        curve=curve(syncs),
        runs=tuple(_run(run, subject) for run in runs),
        failed=tuple(failed),
    )


def _verdict(
    subject: SubjectInfo, runs: Sequence[RunSummary], ceiling: str, seeds: int
) -> tuple[Verdict, tuple[str, ...], dict[str, str]]:
    outcomes = [(run.key.seed, judge_guarantees(run.result, subject.cannot)) for run in runs]
    names = sorted(frozenset[str]().union(*(outcome.excused for _, outcome in outcomes)))
    excused = {name: subject.cannot[name] for name in names}
    if ceiling:
        return "unknown", (ceiling,), excused
    reasons = dict.fromkeys(f"seed {seed}: {reason}" for seed, outcome in outcomes for reason in outcome.reasons)
    verdict = combined([outcome.verdict for _, outcome in outcomes])
    if verdict == "valid" and len(runs) < seeds:
        return "unknown", (*reasons, f"{len(runs)} of {seeds} seeds {verb(len(runs), 'were')} run"), excused
    return verdict, tuple(reasons), excused


def _measures(runs: Sequence[RunSummary], seed: int) -> dict[str, Interval]:
    syncs = pooled([(run.load_ns, run.sync) for run in runs])
    acks = pooled([(run.load_ns, run.acks) for run in runs])
    found = intervals("sync_latency_ms", syncs, (0.5, 0.95), seed) | intervals("ack_time_ms", acks, (0.99,), seed)
    for name in COUNTED:
        interval = mean_interval([run.measures[name] for run in runs if name in run.measures], least=0.0)
        if interval is not None:
            found[name] = interval
    return found


def _with_differences(entry: Entry, base: Entry) -> Entry:
    if entry is base:
        return entry
    found = {name: paired_difference(by_seed(entry, name), by_seed(base, name)) for name in DIFFERED}
    kept = {name: interval for name, interval in found.items() if interval is not None}
    return msgspec.structs.replace(entry, differences=kept)


def _tiers(
    runs: Sequence[RunSummary], subject: SubjectInfo, measures: Mapping[str, Interval], ceiling: str
) -> tuple[TierOutcome, ...]:
    if not runs:
        return ()
    if ceiling:
        return tuple(TierOutcome(tier, limit_ms, "unknown", ceiling) for tier, limit_ms in LIMITS_MS.items())
    checks = worst_checks([run.result for run in runs], subject.cannot)
    late = next((check.reason for check in checks if check.name == "generator" and check.verdict == "unknown"), "")
    problem = f"the load generator was too late: {late}" if late else ""
    measure = judged_measure(runs[0].scenario)
    latency = {measure: measures[P95]} if P95 in measures else {}
    moot = with_moot(measure)
    known = {owed(measure): float(sum(len(run.sync) for run in runs))}
    known[moot] = max(run.measures.get(moot, 0.0) for run in runs)  # one run that hung counts in full
    return judge_tiers(runs[0].scenario, checks, known, latency, problem)


def _cores(runs: Sequence[RunSummary]) -> dict[str, float]:
    processes = dict.fromkeys(name for run in runs for name in run.cores)
    return {name: fmean(run.cores.get(name, 0.0) for run in runs) for name in processes}


def _run(run: RunSummary, subject: SubjectInfo) -> Run:
    kept = {name: run.measures[name] for name in (*COUNTED, *DIFFERED) if name in run.measures}
    latencies = intervals("sync_latency_ms", run.sync, (0.5, 0.95), run.key.seed)
    kept |= {name: interval.value for name, interval in latencies.items()}
    over = over_ceiling(run.busiest_per_s, run.started.ceilings)
    verdict = "unknown" if over else judge_guarantees(run.result, subject.cannot).verdict
    return Run(run.key.seed, run.result.run, run.report, verdict, kept, run.result.rest)
