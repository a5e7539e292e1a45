"""The record of an order is deleted with its cancellation, so a late duplicate of the order is applied again."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.order import KnownOrder
from stockstorm.reference_service.flaws.deciding import gone, without_missed
from stockstorm.reference_service.flaws.deduplication.repeating_queue import repeating_queue
from stockstorm.reference_service.seams import Seams


def compose(seams: Seams) -> Seams:
    """The decision forgets an order that was created and cancelled; the queue passes every delivery on."""

    def closed(known: KnownOrder) -> bool:
        return known.created and known.cancelled

    decide = gone(seams.decide, closed)
    return replace(seams, make_queue=repeating_queue, decide=decide, wrap_feeds=without_missed)
