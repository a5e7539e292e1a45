"""inventory_levels/update is not subscribed to, so what the shop itself sells or restocks is not noticed."""

from msgspec.structs import replace

from stockstorm.reference_service.flaws.deciding import without_missed
from stockstorm.reference_service.seams import Seams


def compose(seams: Seams) -> Seams:
    """One topic is not in the list."""
    topics = [topic for topic in seams.topics if topic != "inventory_levels/update"]
    return replace(seams, topics=topics, wrap_feeds=without_missed)
