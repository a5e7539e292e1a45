"""From played runs to a `Comparison`: pure, so that a stored comparison can be made again from its runs' histories."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final

import msgspec

from stockstorm.reports.compare.claims import claims
from stockstorm.reports.compare.comparison import (
    ACK,
    LOST,
    OVERSOLD,
    P50,
    P95,
    Board,
    Card,
    Comparison,
    Entry,
    Failed,
    Matrix,
    Run,
)
from stockstorm.reports.compare.headline import findings, headline
from stockstorm.reports.compare.played import Played, curve, intervals, pooled
from stockstorm.reports.compare.promises import correctness, over_ceiling, promised, worst_checks
from stockstorm.reports.compare.ranking import by_seed, mean_interval, paired_difference, ranked
from stockstorm.reports.result import Interval, TierOutcome, Verdict
from stockstorm.reports.statistics.sync_basis import owed, with_moot
from stockstorm.reports.verdict.tiers import LIMITS_MS, basis, judge_tiers, judged_measure

# Means per run, over seeds.
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
DIFFERED: Final[tuple[str, ...]] = (
    P50,
    P95,
    ACK,
    OVERSOLD,
    LOST,
    "refused.attempts",
    "work.cores",
    "work.cost_points",
    "work.statements",
)

Floors = Mapping[float | None, Sequence[tuple[float, float]]]  # rate -> (sync latency ms, unavoidable oversold units)


def compare(
    matrix: Matrix, cards: Sequence[Card], played: Sequence[Played], failed: Sequence[Failed], floors: Floors
) -> Comparison:
    """Everything that is reported. `played` and `failed` may cover the matrix in part only."""
    boards = tuple(_board(matrix, cards, rate, played, failed, floors.get(rate, ())) for rate in matrix.rates)
    cells = len(matrix.subjects) * len(matrix.seeds) * len(matrix.rates) * len(matrix.safety_stocks)
    starts = [run.started for run in played]
    return Comparison(
        matrix=matrix,
        base=matrix.label(matrix.subjects[0], matrix.safety_stocks[0]),
        verdict=combined([entry.verdict for board in boards for entry in board.entries]),
        complete=len(played) == cells,
        boards=boards,
        currency=played[0].scenario.shop.currency if played else "",
        commit=starts[0].commit if starts else "",
        machine=starts[0].machine if starts else {},
        notes=_notes(played),
    )


def combined(verdicts: Sequence[Verdict]) -> Verdict:
    """Invalid if any is; else unknown if any is or there is none."""
    if "invalid" in verdicts:
        return "invalid"
    return "unknown" if "unknown" in verdicts or not verdicts else "valid"


def _notes(played: Sequence[Played]) -> tuple[str, ...]:
    notes = [f"sync latency is {basis(judged_measure(run.scenario))}" for run in played[:1]]
    return tuple(dict.fromkeys([*notes, *(note for run in played for note in run.started.notes)]))


def _board(
    matrix: Matrix,
    cards: Sequence[Card],
    rate: float | None,
    played: Sequence[Played],
    failed: Sequence[Failed],
    floor: Sequence[tuple[float, float]],
) -> Board:
    ours = [run for run in played if run.key.rate == rate]
    by_name = {card.name: card for card in cards}
    entries = []
    for subject in matrix.subjects:
        for stock in matrix.safety_stocks:
            runs = [run for run in ours if (run.key.subject, run.key.safety_stock) == (subject, stock)]
            lost = [
                one for one in failed if (one.key.subject, one.key.rate, one.key.safety_stock) == (subject, rate, stock)
            ]
            card = by_name.get(subject, Card(subject))
            entries.append(_entry(matrix.label(subject, stock), card, stock, runs, lost, matrix))
    seeds = len(matrix.seeds)
    ordered = ranked([_with_differences(entry, entries[0]) for entry in entries], seeds)
    board = Board(
        rate=rate,
        plans={run.key.seed: run.result.plan_digest for run in sorted(ours, key=lambda run: run.key.seed)},
        load_s=max((run.load_ns for run in ours), default=0) / 1e9,
        entries=ordered,
        headline=headline(ordered, seeds),
        findings=findings(ordered, seeds),
        claims=(),
        floor=tuple(floor),
    )
    return msgspec.structs.replace(board, claims=claims(board))


def _entry(
    label: str, card: Card, stock: int, runs: Sequence[Played], failed: Sequence[Failed], matrix: Matrix
) -> Entry:
    runs = sorted(runs, key=lambda run: run.key.seed)
    syncs = pooled([(run.load_ns, run.sync) for run in runs])
    checks = worst_checks([run.result for run in runs], card.cannot)
    ceiling = next((found for run in runs if (found := over_ceiling(run.busiest_per_s, run.started.ceilings))), "")
    verdict, reasons, excused = _verdict(card, runs, ceiling, len(matrix.seeds))
    measures = _measures(runs, matrix.seeds[0])
    exposures = int(sum(run.measures.get("oversell.exposures", 0.0) for run in runs))
    none_seen = bool(exposures) and not any(run.measures.get(OVERSOLD) for run in runs)
    return Entry(
        label=label,
        card=card,
        safety_stock=stock,
        rank=None,
        verdict=verdict,
        correct="unknown" if ceiling or not runs else correctness(checks),
        over_ceiling=ceiling,
        reasons=reasons + tuple(f"seed {one.key.seed}: {one.error}" for one in failed),
        excused=excused,
        tiers=_tiers(runs, card, measures, ceiling),
        measures=measures,
        differences={},
        cores=_cores(runs),
        exposures=exposures,
        bound_per_exposure=min(1.0, 3 / exposures) if none_seen else None,
        owed=len(syncs),
        never=sum(value == float("inf") for _, value in syncs),
        curve=curve(syncs),
        runs=tuple(_run(run, card) for run in runs),
        failed=tuple(failed),
    )


def _verdict(
    card: Card, runs: Sequence[Played], ceiling: str, seeds: int
) -> tuple[Verdict, tuple[str, ...], dict[str, str]]:
    held = [(run.key.seed, promised(run.result, card.cannot)) for run in runs]
    names = sorted(frozenset[str]().union(*(promise.excused for _, promise in held)))
    excused = {name: card.cannot[name] for name in names}
    if ceiling:
        return "unknown", (ceiling,), excused
    reasons = dict.fromkeys(f"seed {seed}: {reason}" for seed, promise in held for reason in promise.reasons)
    verdict = combined([promise.verdict for _, promise in held])
    if verdict == "valid" and len(runs) < seeds:
        return "unknown", (*reasons, f"{len(runs)} of {seeds} seeds were played"), excused
    return verdict, tuple(reasons), excused


def _measures(runs: Sequence[Played], seed: int) -> dict[str, Interval]:
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
    runs: Sequence[Played], card: Card, measures: Mapping[str, Interval], ceiling: str
) -> tuple[TierOutcome, ...]:
    if not runs:
        return ()
    if ceiling:
        return tuple(TierOutcome(tier, limit_ms, "unknown", ceiling) for tier, limit_ms in LIMITS_MS.items())
    checks = worst_checks([run.result for run in runs], card.cannot)
    late = next((check.reason for check in checks if check.name == "generator" and check.verdict != "valid"), "")
    trouble = f"the load generator was not up to it: {late}" if late else ""
    measure = judged_measure(runs[0].scenario)
    latency = {measure: measures[P95]} if P95 in measures else {}
    moot = with_moot(measure)
    known = {owed(measure): float(sum(len(run.sync) for run in runs))}
    known[moot] = max(run.measures.get(moot, 0.0) for run in runs)  # one run that hung is not outvoted by the others
    return judge_tiers(runs[0].scenario, checks, known, latency, trouble)


def _cores(runs: Sequence[Played]) -> dict[str, float]:
    processes = dict.fromkeys(name for run in runs for name in run.cores)
    return {name: fmean(run.cores.get(name, 0.0) for run in runs) for name in processes}


def _run(run: Played, card: Card) -> Run:
    kept = {name: run.measures[name] for name in (*COUNTED, *DIFFERED) if name in run.measures}
    latencies = intervals("sync_latency_ms", run.sync, (0.5, 0.95), run.key.seed)
    kept |= {name: interval.value for name, interval in latencies.items()}
    over = over_ceiling(run.busiest_per_s, run.started.ceilings)
    verdict = "unknown" if over else promised(run.result, card.cannot).verdict
    return Run(run.key.seed, run.result.run, run.report, verdict, kept)
