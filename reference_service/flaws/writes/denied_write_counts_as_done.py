"""A write for which the app lacks the scope is answered with status 200 and errors, and counts as done."""

from msgspec.structs import replace

from stockstorm.reference_service.clients.admin_api import CallFailed
from stockstorm.reference_service.flaws.calling import Trusting
from stockstorm.reference_service.seams import Seams


class _Denied(Trusting):
    def forgivable(self, failure: CallFailed) -> bool:
        return str(failure).startswith("Access denied")


def compose(seams: Seams) -> Seams:
    """The errors beside the data are not read."""
    return replace(seams, make_admin=_Denied)
