"""A new token takes the place of the dead one, and everything goes on as if the subscriptions were still there."""

from msgspec.structs import replace

from stockstorm.reference_service.clients.admin_api import AdminApi
from stockstorm.reference_service.seams import Seams


class _GoesOn(AdminApi):
    def _replaced(self, token: str) -> None:
        self._headers = {**self._headers, "X-Shopify-Access-Token": token}


def compose(seams: Seams) -> Seams:
    """The client of the Admin API is replaced."""
    return replace(seams, make_admin=_GoesOn)
