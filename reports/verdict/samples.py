"""Latency samples that verdicts rest on, and the confidence intervals of their quantiles.

Thresholds, tiers, charts and comparisons read the same samples, so their figures agree.
"""

from collections.abc import Callable, Mapping
from typing import Final

from stockstorm.reports.checkers.sync_latency import with_moot
from stockstorm.reports.history import History
from stockstorm.reports.result import Interval
from stockstorm.reports.statistics.bootstrap import Resampler
from stockstorm.reports.statistics.samples import Samples
from stockstorm.reports.verdict.tiers import FIRED, VISIBLE, judged_measure


def judged_samples(history: History) -> Samples:
    """(fired at in ns, latency in ms) of each owed pair, counted as tiers count it. Infinite if never reflected.

    Where latency counts from visible, pairs that the subject could never see are left out.
    """
    samples = history.sync_samples
    return samples.visible if judged_measure(history.scenario) == VISIBLE else samples.fired


def intervals(history: History) -> dict[str, Interval]:
    """By measure: ack time p95 and p99, sync latency p95 from fired and from visible. Without samples there is none.

    The random seed is the run's, so judging a stored run again gives the same intervals.
    """
    found: dict[str, Interval] = {}
    for name, build in INTERVALS.items():
        found |= history.elsewhere.value(name) or build(history)
    return found


def _of_acks(history: History) -> dict[str, Interval]:
    return _resampled(history, history.acks, {"ack_time_ms.p95": 0.95, "ack_time_ms.p99": 0.99})


def _of_syncs(history: History) -> dict[str, Interval]:
    """If pairs became moot, each sync latency p95 has another interval that includes them."""
    owed, every = history.sync_samples, history.sync_samples_with_moot
    wanted = [(owed.fired, FIRED), (owed.visible, VISIBLE)]
    if len(every.fired) > len(owed.fired):
        wanted += [(every.fired, with_moot(FIRED)), (every.visible, with_moot(VISIBLE))]
    found: dict[str, Interval] = {}
    for samples, name in wanted:
        found |= _resampled(history, samples, {name: 0.95})
    return found


def _resampled(history: History, samples: Samples, shares: Mapping[str, float]) -> dict[str, Interval]:
    resampler = Resampler(samples)
    found = {name: resampler.interval(share, history.seed, name) for name, share in shares.items()}
    return {name: interval for name, interval in found.items() if interval is not None}


# Under which names another process hands them over.
ACK_INTERVALS: Final = "intervals of acks"
SYNC_INTERVALS: Final = "intervals of syncs"
INTERVALS: Final[Mapping[str, Callable[[History], dict[str, Interval]]]] = {
    ACK_INTERVALS: _of_acks,
    SYNC_INTERVALS: _of_syncs,
}
