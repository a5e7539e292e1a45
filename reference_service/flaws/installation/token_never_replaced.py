"""The token from the environment is used for ever, also when Shopify refuses it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec.structs import replace

from stockstorm.reference_service.clients.admin_api import AdminApi, Answer, Answered
from stockstorm.reference_service.clients.documents import Operation
from stockstorm.reference_service.seams import Seams


class _Stubborn(AdminApi):
    async def call(
        self,
        operation: Operation[Answer],
        variables: Mapping[str, Any],
        on_failure: Callable[[], Awaitable[None]] | None = None,
    ) -> Answered[Answer]:
        self.renew = None
        return await super().call(operation, variables, on_failure)


def compose(seams: Seams) -> Seams:
    """The client of the Admin API is replaced."""
    return replace(seams, make_admin=_Stubborn)
