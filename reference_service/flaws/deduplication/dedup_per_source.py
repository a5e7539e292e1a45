"""Webhooks and reads of the marketplace do not know of each other, so what was received is read and processed again."""

from msgspec.structs import replace

from stockstorm.reference_service.flaws.deciding import forgetful
from stockstorm.reference_service.seams import Seams


def compose(seams: Seams) -> Seams:
    """The decision forgets; the queue still knows webhook ids, but a read has none."""
    return replace(seams, decide=forgetful(seams.decide))
