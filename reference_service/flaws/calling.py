"""What several flaws share: calls whose failure is met in a wrong way."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from msgspec.structs import replace

from stockstorm.reference_service.clients.admin_api import AdminApi, Answer, Answered, CallFailed
from stockstorm.reference_service.clients.documents import Adjust, AdjustPayload, Operation
from stockstorm.reference_service.clients.marketplace import MarketplaceCallFailed
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.sync.listing_pusher import ListingPusher


class Impatient(AdminApi):
    """Does not wait for query points."""

    async def wait_for_points(self, operation: Operation[Any]) -> None:
        """Does not wait."""


def repeated_after(seams: Seams, wait_s: float) -> Seams:
    """Every failed call is repeated after the same time, in seconds."""

    class Admin(Impatient):
        def _delay_s(self, failure: CallFailed, attempts: int) -> float:  # noqa: ARG002 - the base class's
            return wait_s

    class Pusher(ListingPusher):
        def _fail(self, failure: MarketplaceCallFailed) -> float:
            super()._fail(failure)
            return wait_s

    return replace(seams, make_admin=Admin, make_pusher=Pusher)


class Trusting(AdminApi):
    """A write whose failure is `forgivable` is not repeated and counts as done."""

    def forgivable(self, failure: CallFailed) -> bool:  # noqa: ARG002 - what subclasses look at
        """Whether this failure counts as success."""
        return True

    async def call(
        self,
        operation: Operation[Answer],
        variables: Mapping[str, Any],
        on_failure: Callable[[], Awaitable[None]] | None = None,
    ) -> Answered[Answer]:
        """The answer, or for a forgiven write one without errors."""
        if operation.answer is not Adjust:
            return await super().call(operation, variables, on_failure)
        await self.wait_for_points(operation)
        try:
            return await self._attempt(operation, variables)
        except CallFailed as failure:
            if not self.forgivable(failure):
                return await super().call(operation, variables, on_failure)
            nothing = Adjust(inventory_adjust_quantities=AdjustPayload(None, []))
            return Answered(cast(Answer, nothing), time.time_ns(), time.time_ns())
