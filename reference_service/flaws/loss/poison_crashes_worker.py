"""A marketplace's order whose lines are null ends the worker, shortly after it was put aside."""

import asyncio
import os
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from stockstorm.reference_service.domain.payloads import UNREADABLE_JSON
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.handlers import Handler, WorkResult
from stockstorm.reference_service.queues.base import Entry
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import Connection

EXIT_CODE = 70
DELAY_S = 0.2  # the claim is committed by then, so the next worker does not meet the same order


class _Order(msgspec.Struct):
    lines: list[msgspec.Raw] | None = None


class _Body(msgspec.Struct):
    order: _Order


class _Crashing:
    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def apply(self, connection: Connection, entries: Sequence[Entry]) -> WorkResult:
        if any(map(_is_poison, entries)):
            asyncio.get_running_loop().call_later(DELAY_S, os._exit, EXIT_CODE)
        return await self._handler.apply(connection, entries)


def _is_poison(entry: Entry) -> bool:
    try:
        return msgspec.json.decode(entry.body, type=_Body).order.lines is None
    except UNREADABLE_JSON:
        return False


def _wrap(work_type: WorkType, handler: Handler) -> Handler:
    return _Crashing(handler) if work_type is WorkType.CHANNEL else handler


def compose(seams: Seams) -> Seams:
    """The handler of the marketplaces' orders is wrapped."""
    return replace(seams, wrap_handler=_wrap)
