"""An error while an event is stored is logged and answered 200, so the event is lost."""

import structlog
from msgspec.structs import replace

from stockstorm.reference_service.flaws.deciding import without_missed
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.queues.group_commit import GroupCommit
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import StoreUnavailable

log = structlog.get_logger()


class _Swallowing(GroupCommit):
    async def put(self, message: Message) -> None:
        try:
            await super().put(message)
        except StoreUnavailable as error:
            log.error("not_stored", reason=str(error))


def compose(seams: Seams) -> Seams:
    """The exception ends in a log."""
    return replace(seams, make_inbox=_Swallowing, wrap_feeds=without_missed)
