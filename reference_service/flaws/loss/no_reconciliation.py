"""What was never sent is never looked for: there is no reconciliation at a period."""

from collections.abc import Sequence

from msgspec.structs import replace

from stockstorm.reference_service.feeds.missed import MissedFeed
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.wiring import Feed, Parts

NEVER_S = 1e9


def _without_period(_: Parts, feeds: Sequence[Feed]) -> Sequence[Feed]:
    for feed in feeds:
        if isinstance(feed, MissedFeed):
            feed.every_s = NEVER_S
    return feeds


def compose(seams: Seams) -> Seams:
    """Reads happen after a start and after refused webhooks only."""
    return replace(seams, wrap_feeds=_without_period)
