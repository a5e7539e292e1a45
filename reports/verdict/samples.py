"""The samples of sync latency that tiers are judged by, to be drawn and compared, so that all tell one thing."""

from stockstorm.reports.checkers.sync_latency import owed_pairs
from stockstorm.reports.history import History
from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.reports.verdict.tiers import VISIBLE, judged_measure


def judged_samples(history: History) -> list[tuple[int, float]]:
    """(when it fired in ns, latency in ms, infinite if never reflected) of each owed pair, counted as tiers count.

    A pair that the subject could never see is left out where latency counts from visible.
    """
    pairs = owed_pairs(history)
    if judged_measure(history.started) == VISIBLE:
        return [(pair.fired_ns, pair.visible_latency_ms) for pair in pairs if pair.visible_ns != NEVER_NS]
    return [(pair.fired_ns, pair.latency_ms) for pair in pairs]
