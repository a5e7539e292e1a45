"""The service does not wait for query points, and a throttled write counts as done."""

from msgspec.structs import replace

from stockstorm.reference_service.clients.admin_api import CallFailed
from stockstorm.reference_service.flaws.calling import Impatient, Trusting
from stockstorm.reference_service.seams import Seams


class _Throttled(Impatient, Trusting):
    def forgivable(self, failure: CallFailed) -> bool:
        return failure.throttled


def compose(seams: Seams) -> Seams:
    """HTTP 200 is taken for success."""
    return replace(seams, make_admin=_Throttled)
