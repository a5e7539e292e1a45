"""A write whose first try is still in progress is taken for refused, and sent again under a new key."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from msgspec.structs import replace

from stockstorm.reference_service.clients.admin_api import AdminApi, Answer, Answered
from stockstorm.reference_service.clients.documents import Adjust, Operation
from stockstorm.reference_service.seams import Seams

IN_PROGRESS = "IDEMPOTENCY_CONCURRENT_REQUEST"
REFUSED = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"


class _Admin(AdminApi):
    async def call(
        self,
        operation: Operation[Answer],
        variables: Mapping[str, Any],
        on_failure: Callable[[], Awaitable[None]] | None = None,
    ) -> Answered[Answer]:
        answer = await super().call(operation, variables, on_failure)
        if not isinstance(answer.data, Adjust):
            return answer
        payload = answer.data.inventory_adjust_quantities
        errors = [replace(each, code=REFUSED) if each.code == IN_PROGRESS else each for each in payload.user_errors]
        data = Adjust(inventory_adjust_quantities=replace(payload, user_errors=errors))
        return Answered(cast(Answer, data), answer.before_ns, answer.after_ns)


def compose(seams: Seams) -> Seams:
    """Every user error counts as a refusal."""
    return replace(seams, make_admin=_Admin)
