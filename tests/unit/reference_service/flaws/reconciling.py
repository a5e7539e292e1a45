"""Flaws of reconciliation, by what is left of the feed that reads what was missed."""

from typing import Any

from stockstorm.reference_service.feeds.missed import MissedFeed
from stockstorm.reference_service.seams import Seams
from tests.unit.reference_service.flaws.case import Case

PERIOD_S = 60.0


async def reconciles_within_a_day(seams: Seams) -> bool:
    nothing: Any = None
    missed = MissedFeed.__new__(MissedFeed)
    missed.every_s = PERIOD_S
    (kept,) = seams.wrap_feeds(nothing, [missed])
    assert isinstance(kept, MissedFeed)
    return kept.every_s <= 86_400


CASES = (Case("no_reconciliation", reconciles_within_a_day, True, False),)
