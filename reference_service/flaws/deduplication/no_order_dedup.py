"""Every delivery of a channel's notification is processed. Neither webhook ids nor order ids are unique."""

from msgspec.structs import replace

from stockstorm.reference_service.flaws.deciding import forgetful, without_missed
from stockstorm.reference_service.flaws.deduplication.repeating_queue import repeating_queue
from stockstorm.reference_service.seams import Seams


def compose(seams: Seams) -> Seams:
    """Neither queue nor decision deduplicates."""
    return replace(seams, make_queue=repeating_queue, decide=forgetful(seams.decide), wrap_feeds=without_missed)
