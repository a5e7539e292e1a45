"""Each try of a write has an idempotency key of its own, so one whose answer was lost is executed twice."""

import uuid
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from stockstorm.reference_service.clients.admin_api import AdminApi, Answer, Answered
from stockstorm.reference_service.clients.documents import Operation
from stockstorm.reference_service.seams import Seams


class _Admin(AdminApi):
    async def _attempt(self, operation: Operation[Answer], variables: Mapping[str, Any]) -> Answered[Answer]:
        key = {"key": str(uuid.uuid4())} if "key" in variables else {}
        return await super()._attempt(operation, {**variables, **key})


def compose(seams: Seams) -> Seams:
    """The key is drawn where the request is made."""
    return replace(seams, make_admin=_Admin)
