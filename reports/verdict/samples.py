"""Latency samples that verdicts rest on, and the confidence intervals of their quantiles.

Thresholds, tiers, charts and comparisons read the same samples, so their figures agree.
"""

from typing import Final

from stockstorm.reports.checkers.sync_latency import with_moot
from stockstorm.reports.history import History
from stockstorm.reports.result import Interval
from stockstorm.reports.statistics.bootstrap import Resampler
from stockstorm.reports.statistics.samples import Samples
from stockstorm.reports.verdict.tiers import FIRED, VISIBLE, judged_measure

INTERVALS: Final = "intervals"  # under which another process hands them over


def judged_samples(history: History) -> Samples:
    """(fired at in ns, latency in ms) of each owed pair, counted as tiers count it. Infinite if never reflected.

    Where latency counts from visible, pairs that the subject could never see are left out.
    """
    samples = history.sync_samples
    return samples.visible if judged_measure(history.scenario) == VISIBLE else samples.fired


def intervals(history: History) -> dict[str, Interval]:
    """By measure: ack time p95 and p99, sync latency p95 from fired and from visible. Without samples there is none.

    If pairs became moot, each sync latency p95 has another interval that includes them. The random seed is the run's,
    so judging a stored run again gives the same intervals.
    """
    owed, every = history.sync_samples, history.sync_samples_with_moot
    wanted = [
        (history.acks, {"ack_time_ms.p95": 0.95, "ack_time_ms.p99": 0.99}),
        (owed.fired, {FIRED: 0.95}),
        (owed.visible, {VISIBLE: 0.95}),
    ]
    if len(every.fired) > len(owed.fired):
        wanted.append((every.fired, {with_moot(FIRED): 0.95}))
        wanted.append((every.visible, {with_moot(VISIBLE): 0.95}))
    found: dict[str, Interval] = {}
    for samples, shares in wanted:
        resampler = Resampler(samples)
        for name, share in shares.items():
            interval = resampler.interval(share, history.seed, name)
            if interval is not None:
                found[name] = interval
    return found
