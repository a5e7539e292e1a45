"""The notifications of one marketplace, mercado, are not registered for."""

from msgspec.structs import replace

from stockstorm.reference_service.flaws.deciding import without_missed
from stockstorm.reference_service.seams import Seams


def compose(seams: Seams) -> Seams:
    """One marketplace is not in the list."""
    return replace(seams, registers=lambda channel: channel != "mercado", wrap_feeds=without_missed)
