"""What keeps a sync latency from being taken at its word: too few pairs, or pairs that became moot before a push came.

A pair that became moot was wrong for at least that long. It has no latency, so it is in no quantile; the figures "with
moot" count it at that least. They are no estimate, and only ever speak against a subject.
"""

from collections.abc import Mapping
from typing import Final

from stockstorm.reports.result import counted
from stockstorm.simulator.limits import OWED_PAIRS_MIN

FAMILIES: Final = ("sync_latency_ms", "sync_latency_visible_ms")


def too_few(measure: str, measures: Mapping[str, float]) -> str:
    """Why this quantile of a sync latency says nothing; empty when it rests on enough pairs or nobody counted."""
    count = int(measures.get(owed(measure), OWED_PAIRS_MIN))
    if measure.split(".", maxsplit=1)[0] not in FAMILIES or measure == owed(measure) or count >= OWED_PAIRS_MIN:
        return ""
    return f"only {counted(count, 'movement')} owed to a listing, {OWED_PAIRS_MIN} are needed"


def owed(measure: str) -> str:
    """The measure that counts the pairs on which this one rests."""
    return f"{measure.split('.', maxsplit=1)[0]}.owed"


def with_moot(measure: str) -> str:
    """The measure that counts moot pairs too, at the time for which they were wrong."""
    stem, _, quantile = measure.partition(".")
    return f"{stem}.with_moot.{quantile}"
