"""Only webhook ids are unique, so an order that is sent again under a new id is processed again."""

from msgspec.structs import replace

from stockstorm.reference_service.flaws.deciding import forgetful, without_missed
from stockstorm.reference_service.seams import Seams


def compose(seams: Seams) -> Seams:
    """The decision forgets; the queue still knows webhook ids."""
    return replace(seams, decide=forgetful(seams.decide), wrap_feeds=without_missed)
