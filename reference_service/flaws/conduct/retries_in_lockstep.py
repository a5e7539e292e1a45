"""Every retry comes exactly 200 ms after its failure, of all clients at once."""

from stockstorm.reference_service.flaws.calling import repeated_after
from stockstorm.reference_service.seams import Seams


def compose(seams: Seams) -> Seams:
    """A fixed wait."""
    return repeated_after(seams, 0.2)
