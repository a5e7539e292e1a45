"""Intervals of the latency quantiles that verdicts rest on, from the run's own seed, so that judging again gives the
same.
"""

from typing import TYPE_CHECKING

from stockstorm.reports.checkers.ack_time import ack_samples
from stockstorm.reports.checkers.sync_latency import owed_pairs
from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.reports.history.sync_pairs import SyncPair
from stockstorm.reports.result import Interval
from stockstorm.reports.statistics.bootstrap import quantile_interval
from stockstorm.reports.statistics.sync_basis import with_moot

if TYPE_CHECKING:
    from stockstorm.reports.history import History


def intervals(history: "History") -> dict[str, Interval]:
    """By measure: ack time p95 and p99, sync latency p95 from fired and from visible. Without samples there is none.

    Where pairs became moot, sync latency p95 has one more with them.
    """
    owed, pairs = owed_pairs(history), history.sync_pairs.pairs
    acks = list(ack_samples(history))
    wanted = [
        ("ack_time_ms.p95", acks, 0.95),
        ("ack_time_ms.p99", acks, 0.99),
        ("sync_latency_ms.p95", _fired(owed), 0.95),
        ("sync_latency_visible_ms.p95", _visible(owed), 0.95),
    ]
    if len(pairs) > len(owed):
        wanted.append((with_moot("sync_latency_ms.p95"), _fired(pairs), 0.95))
        wanted.append((with_moot("sync_latency_visible_ms.p95"), _visible(pairs), 0.95))
    found = {name: quantile_interval(samples, share, history.seed, name) for name, samples, share in wanted}
    return {name: interval for name, interval in found.items() if interval is not None}


def _fired(pairs: list[SyncPair]) -> list[tuple[int, float]]:
    return [(pair.fired_ns, pair.latency_ms) for pair in pairs]


def _visible(pairs: list[SyncPair]) -> list[tuple[int, float]]:
    return [(pair.fired_ns, pair.visible_latency_ms) for pair in pairs if pair.visible_ns != NEVER_NS]
