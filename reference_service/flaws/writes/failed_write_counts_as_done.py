"""A write that was answered with an error or not at all is not repeated and counts as done."""

from msgspec.structs import replace

from stockstorm.reference_service.flaws.calling import Trusting
from stockstorm.reference_service.seams import Seams


def compose(seams: Seams) -> Seams:
    """One try."""
    return replace(seams, make_admin=Trusting)
