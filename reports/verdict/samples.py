"""Latency samples that verdicts rest on, and the confidence intervals of their quantiles.

Thresholds, tiers, charts and comparisons read the same samples, so their figures agree.
"""

from stockstorm.reports.checkers.sync_latency import owed_pairs, with_moot
from stockstorm.reports.history import History
from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.reports.history.sync_pairs import SyncPair
from stockstorm.reports.result import Interval
from stockstorm.reports.statistics.bootstrap import Resampler
from stockstorm.reports.verdict.tiers import FIRED, VISIBLE, judged_measure

Sample = tuple[int, float]


def judged_samples(history: History) -> list[Sample]:
    """(fired at in ns, latency in ms) of each owed pair, counted as tiers count it. Infinite if never reflected.

    Where latency counts from visible, pairs that the subject could never see are left out.
    """
    pairs = owed_pairs(history)
    return _visible(pairs) if judged_measure(history.scenario) == VISIBLE else _fired(pairs)


def intervals(history: History) -> dict[str, Interval]:
    """By measure: ack time p95 and p99, sync latency p95 from fired and from visible. Without samples there is none.

    If pairs became moot, each sync latency p95 has another interval that includes them. The random seed is the run's,
    so judging a stored run again gives the same intervals.
    """
    owed, pairs = owed_pairs(history), history.sync_pairs.pairs
    wanted = [
        (history.acks, {"ack_time_ms.p95": 0.95, "ack_time_ms.p99": 0.99}),
        (_fired(owed), {FIRED: 0.95}),
        (_visible(owed), {VISIBLE: 0.95}),
    ]
    if len(pairs) > len(owed):
        wanted.append((_fired(pairs), {with_moot(FIRED): 0.95}))
        wanted.append((_visible(pairs), {with_moot(VISIBLE): 0.95}))
    found: dict[str, Interval] = {}
    for samples, shares in wanted:
        resampler = Resampler(samples)
        for name, share in shares.items():
            interval = resampler.interval(share, history.seed, name)
            if interval is not None:
                found[name] = interval
    return found


def _fired(pairs: list[SyncPair]) -> list[Sample]:
    return [(pair.fired_ns, pair.latency_ms) for pair in pairs]


def _visible(pairs: list[SyncPair]) -> list[Sample]:
    return [(pair.fired_ns, pair.visible_latency_ms) for pair in pairs if pair.visible_ns != NEVER_NS]
